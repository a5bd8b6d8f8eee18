# Every word a person reads, by code. Plain text: whoever sends it escapes it, so no markup here.
# Member's own words never stand inside a sentence but as short quoted values.

## Progress: one message a job, written over and over

progress-received = { $references ->
    [0] Got it. Setting things up …
    [one] Got it. Looking at your picture …
   *[other] Got it. Looking at your { $references } pictures …
 }
progress-accepted = { $count ->
    [one] In line for { $model }: one picture.
   *[other] In line for { $model }: up to { $count } pictures.
 }
progress-postponed = { $model } is busy right now. Trying again by itself in { $seconds ->
    [one] a second
   *[other] { $seconds } seconds
 }; nothing has been spent.
progress-unreachable = { $gateway } cannot be reached right now. Trying again by itself in { $seconds ->
    [one] a second
   *[other] { $seconds } seconds
 }; nothing has been spent.
progress-submitted = { $count ->
    [one] { $model } is painting your picture …
   *[other] { $model } is painting up to { $count } pictures …
 }
progress-picture-arrived = { $arrived } of { $count } ready …
progress-fetch-delayed = { $arrived ->
    [0] Painted, but the picture cannot be fetched just now. Trying again by itself …
    [one] Painted; one picture is here, the rest cannot be fetched just now. Trying again by itself …
   *[other] Painted; { $arrived } pictures are here, the rest cannot be fetched just now. Trying again by itself …
 }
progress-collected = { $arrived ->
    [one] Painted. Posting the picture …
   *[other] Painted. Posting { $arrived } pictures …
 }

## Receipts: how a progress message ends

receipt-done = { $delivered ->
    [one] One picture
   *[other] { $delivered } pictures
 } from { $model } in { $seconds } s.
receipt-short = { $delivered } of { $count } pictures from { $model } in { $seconds } s. The rest did not come and costs you nothing.
receipt-short-counted = { $delivered } of { $count } pictures from { $model } in { $seconds } s. The rest did not come.
receipt-elsewhere = The pictures could not be posted where you asked, so they went to you by direct message.
receipt-private = You asked for it privately, so the pictures went to you by direct message.
receipt-undelivered = Your pictures are ready and safe, but they could not be posted here. Press “{ button-show-result }” to see them.
undelivered-earlier = An earlier set of yours could not be posted: it is ready. Press “{ button-show-result }” to see it.
receipt-uncertain = The answer of { $model } was cut off before it said it was finished. What came is yours; { $counted ->
    [0] what did not come was given back to you.
    [one] one of those that did not come counts all the same, because no more lost ones are given back today.
   *[other] { $counted } of those that did not come count all the same, because no more lost ones are given back today.
 }
receipt-left = { $left ->
    [0] You have used all your pictures of today.
    [one] One picture left today.
   *[other] { $left } pictures left today.
 }
receipt-price-estimated = Cost at most { $amount } { $currency }.
receipt-price = Cost { $amount } { $currency }.
receipt-withheld = Picture { $number }: { $reason }
receipt-references = { $references ->
    [one] Made from image 1.
    [2] Made from images 1 and 2, in the order you gave them.
   *[other] Made from images 1 to { $references }, in the order you gave them.
 }

## The result message

result-title = { $pictures ->
    [one] Here is your picture.
   *[other] Here are your { $pictures } pictures.
 }
result-hint = Reply to this message with a change, and it becomes the next picture.
result-hint-mention = Mention me in the thread of this message and say what to change, and it becomes the next picture.
result-alt = Picture { $number } of { $pictures }: { $prompt }

## Buttons and forms

button-again = Again
button-missing = { $count ->
    [one] Make the missing one
   *[other] Make the missing { $count }
 }
button-missing-uncertain = { $count ->
    [one] Make the missing one (may cost again)
   *[other] Make the missing { $count } (may cost again)
 }
button-show-result = Show result
button-again-uncertain = Ask again (may cost again)
form-submit = Make it
form-close = Cancel
form-imagine-title = New picture
form-imagine-prompt = What do you want to see?
form-imagine-prompt-hint = a red fox in snow, soft morning light
form-imagine-files = Pictures to go by, if you like
form-imagine-files-hint = They are counted in this order: image 1, image 2 …
form-edit-title = Edit with Seedream
form-edit-prompt = What should change?
form-edit-prompt-hint = make it night, with lanterns along the path
form-edit-files = The pictures to change
form-edit-files-hint = They are counted in this order: image 1, image 2 …
form-files-more = More pictures, if you like
form-files-more-hint = They count after the ones you chose: image 2, image 3 …
form-count = How many pictures
form-count-hint = 1
form-size = Size
form-size-hint = 2K, 4K or 2048x2048; empty keeps a picture's shape
form-ratio = Shape
form-ratio-hint = 16:9; empty keeps a picture's shape
form-model = Model
form-model-hint = 4.0, 4.5 or 5.0-lite

## Quota and help

quota-shown = { $left ->
    [0] Nothing is left of today's { $granted } pictures.
    [one] One of today's { $granted } pictures is left.
   *[other] { $left } of today's { $granted } pictures are left.
 }
quota-held = { $held ->
    [one] One more is being made right now.
   *[other] { $held } more are being made right now.
 }
quota-renewed = A new day begins at midnight, { $zone } time.
models-model = Seedream { $model }
models-offer = – { $gateway }: { $tiers }; { $price ->
    [unknown] price unknown
   *[other] { $price } a picture
 }
models-note = Choose with --model and --gateway. Other shapes: --ratio 16:9, or --size 2048x1152.
help-text =
    Tell me what you want to see and I paint it with Seedream.

    New: /imagine a red fox in snow --ratio 16:9 --count 4
    Edit: { $edit }; or { $reply }; or use “Edit with Seedream” in a message's menu; or mention me with pictures.
    In a direct message just write.

    Flags: --count 1 to 15, --size 1K 2K 3K 4K or 2048x2048, --ratio 16:9, --model 4.0 4.5 5.0-lite, --format png, --ref ID#2 (picture 2 of an earlier set), { $hiding }.
    { $quota } says how many pictures you have left today. A refused or failed picture costs you nothing.

help-edit = /edit make it night, with your pictures attached
help-edit-form = /edit make it night, and put your pictures into the form that opens
help-reply = reply to one of my pictures with the change
help-reply-mention = mention me with the change in the thread of one of my pictures

## Menus: commands and their options, within the platforms' 100 characters

command-imagine = Make pictures with Seedream
command-imagine-hint = a red fox in snow --ratio 16:9, or nothing for a form
command-edit = Change or combine pictures with Seedream
command-edit-hint = make it night
command-quota = How many pictures you have left today
command-models = Which models there are, and what a picture costs
command-help = How to use this bot
command-group = How this works, and what you have left
option-prompt = What the picture should show, in your own words
option-prompt-edit = What should change; call your pictures image 1, image 2 …
option-image = Reference picture: “image { $number }” in your prompt
option-count = How many pictures at most, in one related set (1 to 15)
option-size = 1K, 2K, 3K, 4K, or exact pixels like 2048x1152
option-ratio = Shape, width to height: 16:9, 1:1, 9:16 …
option-model = Seedream model: 5.0-lite, 4.5 or 4.0
option-references = Pictures of earlier sets, like ID#3; several with spaces
option-format = File format of the pictures
option-watermark = Put the “AI generated” mark on the pictures
option-search = Let the model look things up on the web first
option-prompt-mode = How carefully the prompt is thought over
option-gateway = Which of this bot's gateways makes the pictures
option-private = Only you see the answer and the pictures
option-spoiler = Hide the pictures until someone clicks them
menu-edit_with = Edit with Seedream
menu-edit_with-description = Change the pictures of this message
menu-new_image = New picture
menu-new_image-description = Open the form for new pictures

## Refusals: what is wrong, and what works instead

nearest = Try { $nearest }.
refusal-ASKED_TWICE = That came twice, so it counts once: one set is on its way.
refusal-ASPECT_OUT_OF_RANGE = { $model } makes shapes from 1:16 to 16:1; { $value } is outside.
refusal-B64_NOT_SUPPORTED = { $gateway } cannot send pictures inside its answer.
refusal-BAD_VALUE = “{ $value }” does not fit { $flag }: it takes { $allowed }.
refusal-BAD_VALUE-missing = { $flag } needs a value: { $allowed }.
refusal-BODY_TOO_LARGE = These pictures together are too large for { $gateway } ({ $limit } MB). Use fewer or smaller ones.
refusal-COUNT_OUT_OF_RANGE = A set has 1 to { $limit } pictures here; { $value } is outside.
refusal-FORMAT_NOT_SUPPORTED = { $model } on { $gateway } cannot choose the file format “{ $value }”; leave --format out.
refusal-FORM_EXPIRED = This form or button is too old. Please start again from the picture.
refusal-GUIDANCE_NOT_SUPPORTED = { $model } has no --guidance; leave it out.
refusal-JOB_UNKNOWN = There is no picture set “{ $value }” that you can use. Take the name of one of its files, or its first twelve letters and #1.
refusal-JOB_UNKNOWN-pressed = What this button belongs to is no longer kept, or not yours to use. Ask for it anew in words; a picture that you still see can be changed as any other.
refusal-MEMBER_OUT_OF_REACH = There is no place where I may post your pictures. Ask an admin to let me send messages and attach files here, or open your direct messages.
refusal-MODEL_NOT_ON_DIALECT = “{ $value }” is not a model { $gateway } offers; it has { $allowed }.
refusal-NOT_YOURS = Only the member who asked for this can open it.
refusal-NOTHING_MISSING = No picture of this set is missing that asking once more would bring. Press “{ button-again }” for a whole new one.
refusal-NOTHING_TO_SHOW = No picture came of this one, so there is nothing to show.
refusal-NO_GATEWAY = There is no gateway “{ $value }”; this bot uses { $allowed }.
refusal-OPTION_CONFLICT = “{ $value }” and “{ $other }” contradict each other. Keep one of them.
refusal-OPTION_NOT_SUPPORTED = No Seedream gateway knows { $flag }. Say it in the prompt instead.
refusal-OPTION_NOT_SUPPORTED-group = “{ $flag }” would be several pictures at once, and that is not possible yet. Write one of them, or put it in "double quotes" if it belongs to the prompt.
refusal-OPTION_NOT_SUPPORTED-platform = Pictures cannot be hidden behind a click here, so { $flag } would do nothing.
refusal-PIXELS_TOO_FEW = { $value } is too small for { $model }: it needs at least { $limit } pixels in all.
refusal-PIXELS_TOO_MANY = { $value } is too large for { $model }: it makes at most { $limit } pixels in all.
refusal-PROMPT_EMPTY = Say what the picture should show.
refusal-PROMPT_MODE_NOT_SUPPORTED = { $model } on { $gateway } has no prompt mode “{ $value }”; leave --prompt-mode out.
refusal-PROMPT_TOO_LONG = The prompt has { $value } characters; { $limit } is the most. Shorten it a little.
refusal-QUOTA_EXCEEDED = { $left ->
    [0] You have used all { $granted } pictures of today. A new day begins at midnight, { $zone } time.
    [one] You asked for { $asked }, and one of today's { $granted } pictures is left. Try --count 1.
   *[other] You asked for { $asked }, and { $left } of today's { $granted } pictures are left. Try --count { $left }.
 }
refusal-RATIO_UNKNOWN = “{ $value }” is not a shape. Write width and height, like 16:9.
refusal-REFS_NOT_SUPPORTED = { $model } on { $gateway } takes no reference pictures. Describe it in words, or use another --gateway.
refusal-REFS_PLUS_COUNT = { $references } reference pictures and { $count } new ones make more than { $limit } together.
refusal-REFS_REQUIRED = Which picture should change? Attach one, or reply to one.
refusal-REFS_TOO_MANY = { $value } reference pictures are too many: { $model } on { $gateway } takes { $limit }.
refusal-REF_BAD_ASPECT = Image { $number } is too long and thin: shapes from 1:16 to 16:1 work. Crop it and try again.
refusal-REF_BAD_FORMAT = Image { $number } is not a picture I can read; it looks like { $found }. { $allowed } work.
refusal-REF_BOMB = Image { $number } claims far more pixels than a picture has. Send it as an ordinary JPEG or PNG.
refusal-REF_ELSEWHERE = Image { $number } is only a link to a file that is kept somewhere else. Upload the picture itself.
refusal-REF_FORM_NOT_ACCEPTED = { $missing ->
    [PUBLIC_URL] { $gateway } fetches pictures from the web, and this bot has no public address to show image { $number } at. Use another --gateway, or ask whoever runs this bot to set PUBLIC_URL.
   *[other] { $gateway } cannot take image { $number } in this form. Attach the picture itself.
 }
refusal-REF_GONE = Image { $number } can no longer be fetched. Attach it again.
refusal-REF_HIDDEN = I am not shown the message you reply to. Use “Edit with Seedream” in its menu, or attach the picture here.
refusal-REF_NOT_IN_SET = That set has { $limit ->
    [one] one picture
   *[other] { $limit } pictures
 }; there is no picture { $value }.
refusal-REF_TOO_BIG = Image { $number } is larger than { $limit } MB. Send a smaller file.
refusal-REF_TOO_MANY_PIXELS = Image { $number } has more than { $limit } pixels. Send a smaller version.
refusal-REF_TOO_SMALL = Image { $number } is too small: each side needs more than { $limit } pixels.
refusal-REF_UNREADABLE = Image { $number } is damaged or cut off. Save it again and attach it once more.
refusal-SEARCH_NOT_SUPPORTED = { $model } on { $gateway } cannot search the web; leave --search out.
refusal-SEED_NOT_SUPPORTED = { $model } takes a --seed and ignores it, so it would promise what it cannot keep. Leave it out.
refusal-SIDE_TOO_LONG = { $value } has a side over { $limit } pixels, the most { $gateway } makes.
refusal-SIZE_NOT_SUPPORTED = “{ $value }” is not a size { $model } makes on { $gateway }: { $allowed }.
refusal-STREAM_NOT_SUPPORTED = { $gateway } cannot stream { $model }.
refusal-SYNC_NOT_SUPPORTED = { $gateway } only takes tasks, and this bot is set to wait for one answer. Whoever runs it must take mode = "sync" away.
refusal-TIER_NOT_ON_MODEL = { $model } on { $gateway } has no size { $value }; it has { $allowed }.
refusal-UNKNOWN_FLAG = There is no flag { $value }. Put it in "double quotes" if it belongs to the prompt.
refusal-WATERMARK_NOT_CONTROLLABLE = { $gateway } does not let anyone choose the watermark; leave --watermark out.

## Failures of a gateway: what it means for the member; nothing below has cost them anything

failure-auth = The bot's key for { $gateway } was not accepted. Tell whoever runs this bot; your pictures of today are untouched.
failure-account = The bot's account at { $gateway } is closed or blocked. Tell whoever runs this bot; your pictures of today are untouched.
failure-balance = The bot's account at { $gateway } has run out of money. Tell whoever runs this bot; your pictures of today are untouched.
failure-model = { $gateway } does not offer { $model } to this bot. Try another --model, or tell whoever runs this bot.
failure-request = { $gateway } did not accept the request. Try it with fewer options; it cost you nothing.
failure-reference = { $gateway } could not use one of the reference pictures. Try another one; it cost you nothing.
failure-too_large = The request was too large for { $gateway }. Use fewer or smaller reference pictures.
failure-policy_text = The prompt was refused by the content rules. Change the wording; it cost you nothing.
failure-policy_image = A reference picture was refused by the content rules. Try another one; it cost you nothing.
failure-real_person = A reference picture may show a real person, and the model does not take those. Try another one; it cost you nothing.
failure-copyright = This may touch protected material, so it was refused. Change the prompt or the picture; it cost you nothing.
failure-policy_output = What was painted was withheld by the content rules. You may try again or change the prompt; it cost you nothing.
failure-policy = The content rules refused this. Change the prompt or the pictures; it cost you nothing.
failure-rate = { $gateway } has too much to do right now. Try again in a minute; it cost you nothing.
failure-overload = { $gateway } has too much to do right now. Try again in a minute; it cost you nothing.
failure-quota = The bot has used up its allowance at { $gateway }. Tell whoever runs this bot; your pictures of today are untouched.
failure-upstream = { $gateway } had a fault of its own and sent no picture. Try again; it cost you nothing.
failure-timeout = { $gateway } took too long and gave up. Try again; it cost you nothing.
failure-task_lost = { $gateway } has lost the task. Try again; it cost you nothing.
failure-unreachable = { $gateway } cannot be reached right now. Try again in a minute; it cost you nothing.
failure-ambiguous = No answer came from { $gateway }. Nothing was taken from your pictures of today.
failure-internal = Something broke inside the bot. Nothing was taken from your pictures of today; tell whoever runs this bot.
failure-unknown = { $gateway } answered something nobody understands. Try again; it cost you nothing.
failure-download = The picture was made but could not be fetched from { $gateway }. Nothing was taken from your pictures of today.
uncertain = No answer came from { $gateway }, so nobody knows whether it painted. { $counted ->
    [0] Nothing was taken from your pictures of today
    [one] One picture counts as used, because no more lost ones are given back today
   *[other] { $counted } pictures count as used, because no more lost ones are given back today
 }; asking again may cost the bot's owner twice.

## When our own house is in trouble

store-busy = The bot is too busy to record this right now. Nothing was spent; try again in a moment.
store-full = The bot's disk is full, so nothing can be recorded. Nothing was spent; tell whoever runs this bot.
store-fenced = This was taken over by another process. Nothing was spent twice; wait for its message.
store-newer = The bot's database belongs to a newer version. Tell whoever runs this bot.
store-broken = The bot's database cannot be read. Nothing was spent; tell whoever runs this bot.
delivery-gone = The place to answer is gone.
delivery-forbidden = I am not allowed to post there. Ask an admin to let me send messages and attach files.
delivery-not_invited = I am not in this channel, so your pictures come by direct message. To have them here, invite me: /invite and my name.
delivery-archived = This channel is archived, so your pictures come by direct message.
delivery-uploads_off = Files may not be posted here. Ask an admin to let me upload files; your pictures are safe.
delivery-expired = The platform no longer takes answers to that command. Please ask again.
delivery-too_large = The platform would not take a file this large.
delivery-rejected = The platform did not accept the message.
delivery-unavailable = The platform does not answer right now. Please try again in a moment.

## Short reasons, inside a receipt

reason-policy_output = withheld by the content rules
reason-policy_text = refused by the content rules
reason-policy_image = refused by the content rules
reason-real_person = may show a real person
reason-copyright = may touch protected material
reason-policy = refused by the content rules
reason-download = made, but could not be fetched
reason-other = did not come
