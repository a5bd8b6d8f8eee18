"""The words the painter knows, by category and key: English, German, French, Spanish, Chinese and Japanese.

A phrase is written with `_` for its spaces. Plurals that only add an ending are found without an entry of their own.
"""

SUBJECTS = {
    "cat": "cat kitten kitty katze katzen kätzchen chat chats chaton gato gatos gatito 猫 貓 小猫 ネコ ねこ 子猫 고양이",
    "dog": "dog puppy doggy hound hund hunde welpe chien perro perrito cachorro 狗 小狗 犬 子犬 イヌ いぬ 강아지",
    "fox": "fox foxes vixen fuchs füchse renard zorro zorra 狐狸 狐 キツネ きつね 여우",
    "wolf": "wolf wolves wölfe loup lobo 狼 オオカミ",
    "bear": "bear teddy grizzly bär bären ours oso 熊 小熊 クマ くま",
    "panda": "panda 熊猫 熊貓 大熊猫 パンダ",
    "rabbit": "rabbit bunny bunnies hare kaninchen hase hasen lapin conejo 兔子 兔 小兔 ウサギ うさぎ 兎 토끼",
    "lion": "lion lioness löwe löwen león leones 狮子 獅子 ライオン 사자",
    "tiger": "tiger tigre 老虎 虎 トラ 호랑이",
    "hedgehog": "hedgehog igel hérisson erizo 刺猬 刺蝟 ハリネズミ",
    "horse": "horse pony ponies stallion mare pferd pferde cheval chevaux caballo 马 馬 白马 ウマ うま 말",
    "unicorn": "unicorn einhorn licorne unicornio 独角兽 ユニコーン",
    "elephant": "elephant elefant elefanten éléphant elefante 大象 象 ゾウ 코끼리",
    "cow": "cow bull ox kuh kühe vache vaca 牛 奶牛 ウシ",
    "sheep": "sheep lamb schaf schafe mouton oveja 羊 绵羊 ヒツジ",
    "deer": "deer stag reindeer hirsch cerf ciervo 鹿 シカ",
    "bird": "bird sparrow robin parrot vogel vögel oiseau oiseaux pájaro ave 鸟 小鸟 鳥 トリ 새",
    "owl": "owl eule eulen hibou chouette búho lechuza 猫头鹰 貓頭鷹 フクロウ 부엉이",
    "penguin": "penguin pinguin pinguine pingouin manchot pingüino 企鹅 企鵝 ペンギン 펭귄",
    "duck": "duck duckling swan goose ente enten canard pato 鸭子 鸭 アヒル カモ",
    "fish": "fish fishes goldfish koi fisch fische poisson pez peces pescado 鱼 魚 金鱼 金魚 さかな 물고기",
    "whale": "whale wal wale baleine ballena 鲸鱼 鲸 鯨 クジラ くじら 고래",
    "dolphin": "dolphin delfin delfine dauphin delfín 海豚 イルカ",
    "turtle": "turtle tortoise schildkröte tortue tortuga 乌龟 海龟 亀 カメ",
    "butterfly": "butterfly butterflies moth schmetterling schmetterlinge papillon mariposa 蝴蝶 蝶 チョウ 나비",
    "dragon": "dragon drache drachen dragón 龙 龍 ドラゴン 竜 용",
    "lighthouse": "lighthouse leuchtturm phare faro 灯塔 燈塔 灯台 등대",
    "boat": "boat ship sailboat yacht ferry sailing_ship segelboot schiff schiffe bateau voilier barco velero 船 小船 帆船 ボート ヨット 배",
    "house": "house cabin home hut cottage haus häuser hütte maison cabane casa cabaña 房子 小屋 屋子 木屋 家 집",
    "castle": "castle palace fortress schloss burg château castillo 城堡 宫殿 お城 城 성",
    "temple": "temple pagoda shrine tempel templo 寺 寺庙 神社 塔",
    "windmill": "windmill mill windmühle moulin molino 风车 風車",
    "bridge": "bridge brücke brücken pont puente 桥 橋 大桥",
    "tent": "tent camp zelt zelte tente tienda_de_campaña 帐篷 帳篷 テント",
    "tower": "tower skyscraper turm gratte-ciel torre rascacielos 高楼 摩天楼",
    "car": "car sports_car automobile taxi auto autos voiture coche carro 汽车 车 車 自動車 跑车 クルマ 자동차",
    "bus": "bus buses autobus autobús 公交车 巴士 バス",
    "bicycle": "bicycle bike fahrrad fahrräder vélo bicyclette bicicleta 自行车 单车 自転車",
    "train": "train locomotive zug züge lokomotive tren 火车 列车 電車 汽車 기차",
    "balloon": "balloon hot_air_balloon airship ballon heißluftballon montgolfière globo 气球 热气球 気球 風船",
    "plane": "plane airplane aeroplane aircraft jet flugzeug avion avión 飞机 飛行機",
    "rocket": "rocket spaceship spacecraft rakete raketen fusée cohete 火箭 飞船 ロケット 로켓",
    "robot": "robot android roboter 机器人 機器人 ロボット 로봇",
    "astronaut": "astronaut cosmonaut spaceman astronaute astronauta 宇航员 太空人 宇宙飛行士",
    "person": "person portrait man woman girl boy child lady gentleman queen king princess knight people mann frau mädchen junge "
    "porträt homme femme fille garçon hombre mujer niña niño retrato 人 女孩 男孩 女人 男人 少女 女の子 男の子 肖像",
    "snowman": "snowman schneemann bonhomme_de_neige muñeco_de_nieve 雪人 雪だるま",
    "guitar": "guitar gitarre guitare guitarra 吉他 ギター",
    "cup": "cup mug coffee tea teacup tasse kaffee café taza 杯子 咖啡 茶 カップ コーヒー",
    "cake": "cake birthday_cake cupcake kuchen torte gâteau pastel_de_cumpleaños tarta 蛋糕 ケーキ",
    "apple": "apple apfel äpfel pomme manzana 苹果 りんご リンゴ",
    "book": "book buch bücher livre libro 书 本 書",
    "umbrella": "umbrella parasol regenschirm parapluie paraguas 雨伞 傘",
    "flower": "flower rose tulip sunflower daisy blossom bouquet blume blumen fleur flor flores 花 花朵 玫瑰 バラ 꽃",
    "tree": "tree oak willow maple baum bäume arbre árbol 树 樹 大树 木 나무",
    "pine": "pine fir christmas_tree tanne tannenbaum sapin pino 松树 松 クリスマスツリー",
    "palm": "palm palm_tree palme palmen palmier palmera 椰树 ヤシの木",
    "cactus": "cactus cacti kaktus 仙人掌 サボテン",
    "mushroom": "mushroom toadstool pilz pilze champignon seta 蘑菇 キノコ",
    "island": "island insel inseln île isla 岛 小岛 島",
    "planet": "planet planète planeta saturn 行星 星球 惑星",
}
PLACES = {
    "meadow": "meadow field grass hill hills garden park lawn wiese garten prairie jardin prado jardín 草地 草原 花园 公園 庭",
    "forest": "forest wood woods jungle woodland wald forêt bosque selva 森林 树林 森 林 숲",
    "beach": "beach shore coast strand plage playa costa 海滩 沙滩 海边 海辺 ビーチ 海岸 해변",
    "sea": "sea ocean waves meer ozean mer océan mar océano 海 大海 海洋 바다",
    "lake": "lake pond river harbour harbor lac rivière fluss teich lago río 湖 河 池塘 川 호수",
    "desert": "desert dune dunes canyon mars wüste désert desierto 沙漠 砂漠 사막",
    "mountains": "mountain mountains alps peak volcano berg berge gebirge montagne montagnes montaña montañas 山 高山 雪山 富士山 山脉 산",
    "space": "space outer_space galaxy cosmos universe orbit nebula moon_landing weltraum weltall espace espacio 太空 宇宙 星空 银河 우주",
    "underwater": "underwater under_water under_the_sea aquarium reef deep_sea unterwasser sous_l_eau bajo_el_agua 水下 海底 水中",
    "city": "city town street skyline downtown cyberpunk metropolis village stadt straße ville rue ciudad calle 城市 街道 都市 街 도시",
    "room": "room indoors kitchen living_room table desk studio café_table zimmer küche chambre cuisine habitación cocina 房间 室内 桌上 部屋",
    "sky": "sky clouds_above himmel ciel cielo 天空 空",
}
TIMES = {
    "day": "day daylight daytime noon midday morning sunny_day vormittag mittag tageslicht jour midi día mediodía 白天 中午 早上 昼 朝",
    "dawn": "dawn sunrise daybreak morgendämmerung sonnenaufgang aube lever_de_soleil amanecer 日出 黎明 夜明け",
    "sunset": "sunset dusk evening golden_hour twilight sonnenuntergang abend dämmerung coucher_de_soleil crépuscule soir atardecer "
    "puesta_de_sol 日落 夕阳 黄昏 傍晚 夕焼け 夕日 夕方",
    "night": "night midnight nighttime moon moonlight moonlit stars starry nacht nachts nuit noche 夜 夜晚 晚上 黑夜 月亮 夜景 夜空 밤",
}
SEASONS = {
    "spring": "spring springtime cherry_blossom cherry_blossoms frühling printemps primavera 春天 春 樱花 桜",
    "summer": "summer summertime sommer été verano 夏天 夏",
    "autumn": "autumn fall october herbst automne otoño 秋天 秋 紅葉 红叶",
    "winter": "winter wintry snow snowy snowing ice icy frozen arctic schnee hiver neige invierno nieve 冬天 冬 雪山 雪 下雪 雪景 겨울 눈",
}
WEATHERS = {
    "rain": "rain rainy raining regen pluie lluvia 雨 下雨",
    "snow": "snow snowy snowing snowfall snowstorm blizzard schnee neige nieve 雪 下雪 雪景 눈",
    "fog": "fog foggy mist misty haze nebel brouillard niebla 雾 霧",
    "storm": "storm stormy thunderstorm lightning thunder gewitter sturm orage tormenta 暴风雨 闪电 嵐",
    "clouds": "cloudy overcast clouds bewölkt wolken nuageux nublado 多云 阴天 曇り",
    "rainbow": "rainbow regenbogen arc-en-ciel arcoíris 彩虹 虹",
    "clear": "clear_sky sunny sunshine clear_weather sonnig ensoleillé soleado 晴天 晴れ",
}
STYLES = {
    "watercolour": "watercolour watercolor aquarell aquarelle acuarela gouache 水彩 水彩画 수채화",
    "oil": "oil oils oil_painting oil_paint impressionist impressionism van_gogh monet ölgemälde ölbild peinture_à_l_huile óleo 油画 油絵",
    "pixel": "pixel pixelart pixel_art pixelated pixelkunst 8_bit 像素 像素画 像素风 ドット絵",
    "line": "line_drawing line_art lineart pencil sketch pencil_drawing ink_drawing charcoal outline zeichnung bleistift skizze dessin "
    "croquis dibujo lápiz 素描 线稿 铅笔画 線画 スケッチ",
    "comic": "comic comics comic_book cartoon manga anime pop_art bande_dessinée cómic historieta 漫画 卡通 動漫 アニメ マンガ",
    "mono": "black_and_white monochrome grayscale greyscale schwarz_weiß schwarzweiß noir_et_blanc blanco_y_negro 黑白 白黒 モノクロ",
    "neon": "neon synthwave vaporwave cyberpunk neón néon 霓虹 ネオン",
    "woodcut": "woodcut linocut engraving etching woodblock ukiyo ukiyo_e holzschnitt gravure gravure_sur_bois xilografía 木刻 版画 浮世絵",
    "vintage": "vintage postcard sepia retro old_photo polaroid postkarte carte_postale 明信片 复古 レトロ",
    "photo": "photo_style photorealistic realistic_photo fotorealistisch normal_style 写实",
}
COLOURS = {
    "red": "red crimson scarlet rot rote roter rotes roten rouge rojo roja 红 红色 红色的 紅 赤 赤い 빨간",
    "orange": "orange oranger naranja 橙色 橙 橘色 オレンジ",
    "yellow": "yellow gelb gelbe gelber gelbes jaune amarillo amarilla 黄色 黄 黄色い",
    "green": "green grün grüne grüner grünes vert verte verde 绿色 绿 綠 緑 緑の 초록",
    "teal": "teal turquoise cyan aqua türkis turquesa 青色 青绿",
    "blue": "blue navy blau blaue blauer blaues blauen bleu bleue azul 蓝色 蓝 藍 青い 青 파란",
    "purple": "purple violet lila violett pourpre morado púrpura 紫色 紫",
    "pink": "pink magenta rosa rosé 粉色 粉红 粉红色 ピンク",
    "white": "white weiß weiße weißer weißes blanc blanche blanco blanca 白色 白 白い 하얀",
    "black": "black schwarz schwarze schwarzer schwarzes noir noire negro negra 黑色 黑 黒 黒い 검은",
    "brown": "brown braun braune brauner braunes brun marron marrón 棕色 褐色 茶色",
    "grey": "grey gray silver grau graue grauer gris plateado 灰色 灰 銀色",
    "gold": "gold golden goldene doré dorée dorado dorada 金色",
}
NUMBERS = {
    "1": "one eine ein einen un une uno una",
    "2": "two pair both couple zwei deux dos",
    "3": "three trio few drei trois tres",
    "4": "four several vier quatre cuatro",
    "5": "five many group fünf cinq cinco",
    "6": "six sechs seis",
    "7": "seven flock herd sieben sept siete",
    "8": "eight acht huit ocho",
    "9": "nine neun neuf nueve",
    "10": "ten zehn dix diez",
}
ACTS = {
    "add": "add put place insert give füge hinzu hinzufügen ajoute ajouter añade añadir agrega agregar pon 加 加上 添加 加入 放 追加 足して",
    "remove": "remove delete erase without no lose drop entferne entfernen lösche ohne enlève enlever supprime supprimer sans quita quitar "
    "elimina eliminar sin 去掉 删除 删掉 移除 去除 没有 不要 消して 削除 なし",
    "replace": "replace swap exchange ersetze remplace remplacer reemplaza sustituye 替换 換えて",
    "turn": "turn change convert transform verwandle transforme convierte 把 将",
    "become": "into become becomes 变成 換成 换成 改成 变为 に変えて",
    "weak": "with by to durch par por",
    "instead": "instead_of rather_than statt anstatt au_lieu_de en_lugar_de 而不是",
    "make": "make mach mache fais haz 让",
    "only": "only just nur seulement solo sólo 只 只要 だけ",
}
PICTURES = {
    "picture": "image images picture pictures photo photos bild bilder imagen imágenes foto fotos 图 图片 圖 照片 画像 写真"
}
"""Nouns that, with a number, mean one of the references."""

SWATCHES: dict[str, tuple[int, int, int]] = {
    "red": (205, 55, 48),
    "orange": (232, 128, 44),
    "yellow": (242, 200, 66),
    "green": (66, 146, 84),
    "teal": (44, 158, 164),
    "blue": (48, 104, 200),
    "purple": (126, 74, 168),
    "pink": (236, 124, 166),
    "white": (246, 244, 238),
    "black": (46, 44, 52),
    "brown": (128, 82, 52),
    "grey": (138, 140, 146),
    "gold": (236, 184, 62),
}
"""The colour of each colour word."""
