# Every sentence that members read, by code. Plain text only: the adapters escape it, so no markup here.
# A member's own words appear inside a sentence only as short quoted values.

## Progress: one message for each job, edited as the job advances

progress-received = { $references ->
    [0] Getting started…
    [one] Checking the image…
   *[other] Checking { $references } images…
 }
taken = { $references ->
    [0] Got your request.
    [one] Got your request. I check the image first, and then start.
   *[other] Got your request. I check the { $references } images first, and then start.
}
private-elsewhere = This is private, so I answer in our direct messages.
progress-accepted = { $count ->
    [one] Queued: 1 image with { $model }.
   *[other] Queued: { $count } images with { $model }.
 }
progress-recalled = Editing your last image. Press “{ button-start-fresh }” for a new image instead: free until I start generating.
progress-cancelled = Stopped before anything was charged.
progress-place = It is number { $place } in line.
progress-began = started
progress-elapsed = { $minutes ->
    [0] { $seconds } s so far
   *[other] { $minutes } min { $seconds } s so far
 }
job-id = ID { $job }
job-id-set = ID { $job }, images #1, #2 …
progress-postponed = { $model } is busy. Trying again { $retry_in }; nothing has been charged.
progress-unreachable = { $gateway } is unreachable. Trying again { $retry_in }; nothing has been charged.
progress-submitted = { $count ->
    [one] Generating your image with { $model }…
   *[other] Generating { $count } images with { $model }…
 }
progress-layers = Taking your image apart with { $model }…
progress-layers-queued = Queued: layers of your image with { $model }.
progress-layers-collected = Done. Posting the layers of your image…
progress-layers-arrived = { $arrived ->
    [one] 1 layer so far…
   *[other] { $arrived } layers so far…
 }
progress-picture-arrived = { $arrived } of { $count ->
    [one] 1 image
   *[other] { $count } images
 } ready…
progress-fetch-delayed = { $arrived ->
    [0] The result is ready but cannot be downloaded yet. Trying again…
    [one] 1 image is ready; the rest cannot be downloaded yet. Trying again…
   *[other] { $arrived } images are ready; the rest cannot be downloaded yet. Trying again…
 }
progress-collected = { $arrived ->
    [one] Done. Posting your image…
   *[other] Done. Posting { $arrived } images…
 }

## Receipts: what the progress message becomes

receipt-done = { $delivered ->
    [one] Done in { $seconds } s: 1 image with { $model }.
   *[other] Done in { $seconds } s: { $delivered } images with { $model }.
 }
receipt-short = Done in { $seconds } s: { $delivered } of { $count } images with { $model }. You are not charged for missing images.
receipt-short-counted = Done in { $seconds } s: { $delivered } of { $count } images with { $model }.
receipt-stopped = { $stopped ->
    [one] You stopped 1 more, free of charge.
   *[other] You stopped { $stopped } more, free of charge.
 }
receipt-layers = { $delivered ->
    [one] Done in { $seconds } s: only the base, with { $model }.
   *[other] Done in { $seconds } s: { $delivered } layers with { $model }, the base first.
 }
receipt-layers-billed = { $billed ->
    [one] 1 image was billed.
   *[other] { $billed } images were billed.
 }
receipt-related = One related set.
receipt-independent = Independent images.
receipt-places = Pointed out to the model: { $places }.
receipt-instead = { $model } instead of { $default }, which { $withdrawn ->
    [yes] is no longer sold{ $price ->
        [hidden] .
        [unknown] ; price unknown.
       *[other] ; up to { $price }.
    }
    [missing] { $gateway } does not have at the moment{ $price ->
        [hidden] .
        [unknown] ; price unknown.
       *[other] ; up to { $price }.
    }
   *[other] cannot do this{ $price ->
        [hidden] .
        [unknown] ; price unknown.
       *[other] ; up to { $price }.
    }
 }
receipt-elsewhere-instead = Made elsewhere, because { $gateway } does not have { $model } at the moment{ $price ->
    [hidden] .
    [unknown] ; price unknown.
   *[other] ; up to { $price }.
 }
receipt-size = Size: { $size }.
receipt-elsewhere = I could not post the images here, so I sent them to you by direct message.
receipt-private = You asked for a private result, so I sent the images to you by direct message.
receipt-undelivered = Your images are ready, but I could not post them here. Press “{ button-show-result }” to see them.
undelivered-earlier = An earlier set of images could not be posted and is still waiting for you. Press “{ button-show-result }” to see it.
receipt-uncertain = { $seen } You keep the images that arrived; { $counted ->
    [0] missing images are not charged to you.
    [one] one missing image still counts, because today's limit for lost images is reached.
   *[other] { $counted } missing images still count, because today's limit for lost images is reached.
 }
receipt-left = { $left ->
    [0] No images left today.
    [one] 1 image left today.
   *[other] { $left } images left today.
 }
receipt-price-estimated = Cost: at most { $amount } { $currency }.
receipt-price = Cost: { $amount } { $currency }.
receipt-withheld = Image { $number }: { $reason }
receipt-references = { $references ->
    [one] Based on image 1.
    [2] Based on images 1 and 2.
   *[other] Based on images 1 to { $references }.
 }
receipt-references-numbered = { $count ->
    [one] Based on image { $last }.
   *[other] Based on images { $others } and { $last }.
 }
receipt-references-mixed = { $count ->
    [one] Based on image { $last } of an earlier set
   *[other] Based on images { $others } and { $last } of an earlier set
 } and { $more ->
    [one] 1 other image.
   *[other] { $more } other images.
 }

## The result message

result-title = { $pictures ->
    [one] Here is your image.
   *[other] Here are your { $pictures } images.
 }
result-originals = { $count ->
    [one] Here is the image as it was made.
   *[other] Here are the images as they were made.
 }
result-ping = { $pictures ->
    [one] Your image is ready.
   *[other] Your { $pictures } images are ready.
 }
result-shrunk = Image { $number } has { $size } MB; it is shown here with { $posted } MB, so that it fits.
layers-title = Here are the { $layers } layers of your image.
layers-ping = The layers of your image are ready.
layers-names = { $more ->
    [0] Layers: { $names }.
    [one] Layers: { $names }, and one more.
   *[other] Layers: { $names }, and { $more } more.
 }
layers-unnamed-base = base
layers-unnamed = unnamed
layers-preview-partial = { $count ->
    [one] Layer { $numbers } is not in the preview
   *[other] Layers { $numbers } are not in the preview
 }, because { $count ->
    [one] its place or its file
   *[other] their places or their files
 } cannot be used. { $count ->
    [one] It is
   *[other] They are
 } in the zip.
layers-preview-none = I could not put the layers together for a preview; they are in the zip.
layers-too-large = { $count ->
    [one] Layer { $numbers } is too large to post here.
   *[other] Layers { $numbers } are too large to post here.
 }
layers-shrunk = { $count } of the layers are smaller here than they were made, so that they fit.
layers-parts = The layers are in { $parts } zip files, because one would be too large here.
layers-preview-alt = { $layers } layers put together again: { $names }
layers-base-alt = Layer 1 of { $layers }, the base
layers-zip-alt = { $layers } layers as files: { $names }
result-hint = Reply to this message to make changes.
result-hint-mention = Mention me in this message's thread to make changes.
result-alt = Image { $number } of { $pictures }: { $prompt }

## Buttons and forms

button-again = Again
button-missing = { $count ->
    [one] Generate the missing image
   *[other] Generate the { $count } missing images
 }
button-missing-uncertain = { $count ->
    [one] Generate the missing image (may cost again)
   *[other] Generate the { $count } missing images (may cost again)
 }
button-show-result = Show result
button-original = { $count ->
    [one] Original
   *[other] Originals
 }
button-again-uncertain = Try again (may cost again)
button-confirm-repeat = { $layers ->
    [yes] Take it apart
   *[no] { $count ->
        [one] Generate 1 image
       *[other] Generate { $count } images
    }
 }
button-cancel = Cancel
button-all = All
button-edit-last = Edit the last image
button-new-image = New image
button-start-fresh = Start fresh
form-submit = Generate
form-close = Cancel
form-imagine-title = New image
form-imagine-prompt = Prompt
form-imagine-prompt-hint = a red fox in snow, soft morning light
form-imagine-files = Reference images (optional)
form-imagine-files-hint = In this order they are image 1, image 2 … in your prompt.
form-edit-title = Edit with Seedream
form-edit-prompt = What should change?
form-edit-prompt-hint = make it night, with lanterns along the path
form-edit-files = Images to edit
form-edit-files-hint = In this order they are image 1, image 2 … in your prompt.
form-files-more = More images (optional)
form-files-more-hint = They follow the ones you chose: image 2, image 3 …
form-count = Number of images
form-count-hint = How many images; some models make one set, others independent images
form-count-default = Default: 1
form-size = Size
form-size-hint = For exact pixels write --size 2560x1440 in the prompt
form-size-choice = { $tier } (not Seedream { $model })
form-size-default = Default: chosen for you, or by your image
form-ratio = Aspect ratio
form-ratio-hint = For another one write --ratio 5:4 in the prompt
form-ratio-default = Default: chosen for you, or by your image
form-ratio-choice = { $shape ->
    [square] { $ratio } square
    [portrait] { $ratio } portrait
   *[other] { $ratio } landscape
 }
form-shape = Size and aspect ratio
form-shape-hint = Choose one of each, or one. For exact pixels write --size 2560x1440 in the prompt
form-shape-default = Default: chosen for you, or by your image
form-model = Model
form-model-hint = Which Seedream makes the images
form-model-default = Default: Seedream { $model }
form-background = Background
form-background-hint = Transparent works for stickers and logos
form-background-default = Default: chosen for you
form-background-choice = { $background ->
    [transparent] Transparent
   *[other] Opaque
 }
form-change = “{ $field }” to { $value }
form-nearest = Set { $changes }.
button-reopen-form = Change and try again

## Questions

question-repeat = { $layers ->
    [yes] This makes up to { $images } layers on your quota. Take the image apart?
   *[no] { $images ->
        [one] This makes 1 image on your quota. Generate it?
       *[other] This makes { $images } images on your quota. Generate them?
    }
 }
image-missing = There is no image { $value }; this set has { $limit }.
question-which = Which of the { $pictures } images do you mean? They are numbered in the order they were posted.
question-memory = { $pictures ->
    [0] Should I edit your last image, or make a new one?
   *[other] Should I edit one of your last { $pictures } images, or make a new one?
 }
question-stranger = { $layers ->
    [yes] This image is someone else's. Should I take it apart? It makes up to { $images } layers on your quota.
   *[no] { $images ->
        [one] This image is someone else's. Should I make your change? It makes 1 image on your quota.
       *[other] This image is someone else's. Should I make your change? It makes { $images } images on your quota.
    }
 }
question-price = { $layers ->
    [yes] This makes up to { $images } layers and costs at most { $amount } { $currency }. Take the image apart?
   *[no] { $images ->
        [one] This makes 1 image and costs at most { $amount } { $currency }. Generate it?
       *[other] This makes { $images } images and costs at most { $amount } { $currency }. Generate them?
    }
 }
remembered = { $pictures ->
    [one] What should I change? Just tell me, and I use this image.
   *[other] What should I change? Just tell me, and I use these images.
 }
question-cancelled = Cancelled. Nothing was generated, and nothing was charged.

## Quota and help

quota-shown = { $left ->
    [0] You have none of today's { $granted } images left.
    [one] You have 1 of today's { $granted } images left.
   *[other] You have { $left } of today's { $granted } images left.
 }
quota-held = { $held ->
    [one] 1 more is being generated.
   *[other] { $held } more are being generated.
 }
quota-renewed = Your quota renews { $renews_at }.
models-independent = One image a call; --count makes independent images:
models-sets = With --count, a set that belongs together:
models-model = Seedream { $model }: { $tiers }{ $transparent ->
    [drawn] , transparent backgrounds
    [kept] , keeps a transparent background
   *[none] {""}
 }{ $layers ->
    [yes] , --layers
   *[no] {""}
 }{ $regions ->
    [yes] , --region and --point
   *[no] {""}
 }
models-tiers-own = own sizes
models-offer = – { $where ->
    [together] { $terms }
   *[other] { $where }: { $terms }
 }
models-price = { $price ->
    [unknown] price unknown
   *[other] { $price } per image
 }
models-price-steps = { $low } up to { $tier }, else { $high }
models-price-reference = { $price } per reference{ $free ->
    [0] {""}
    [1] {" "}after the first
   *[other] {" "}after the first { $free }
 }
models-available = available
models-retired = { $state ->
    [soon] ends on { $day }
    [reported] reported to have ended on { $day }
   *[refused] ended on { $day }
 }{ $instead ->
    [none] {""}
   *[other] {" "}(try { $instead })
 }
models-unusable = not available at the moment
models-or = or
models-note = Choose with { $gateways ->
    [hidden] --model
   *[shown] --model and --gateway
 }. For other shapes use --ratio 16:9 or --size 2560x1440.

## Small talk

talk-greeting =
    Here I am. Describe an image, for example “a red fox in snow”, and I make it.
    Send { $help } to see everything else.
talk-about = I make and edit images with ByteDance Seedream. Describe one, or send me an image and say what to change. { $help } shows examples.
talk-usage = Describe an image, as in “a red fox in snow”, or attach one and say what to change. { $help } shows examples.
talk-presence = I am here and ready. Describe an image, and I make it.
talk-take-back = I cannot take images back or delete them. To go on from an earlier one, { $reply }; to have a message deleted, ask an admin.
talk-take-back-reply = reply to it
talk-take-back-mention = mention me in its thread
talk-stopped = { $coming ->
    [one] 1 of { $count } images is already being made and will come. The rest is stopped, free of charge.
   *[other] { $coming } of { $count } images are already being made and will come. The rest is stopped, free of charge.
 }
talk-nothing-open = There is nothing here that I can cancel. Images that are not being made yet can be cancelled in a reply to their message.

## Times to come, as words; where a platform can, it adds the reader's own time

moment-seconds = { $count ->
    [one] in a second
   *[other] in { $count } seconds
 }
moment-minutes = { $count ->
    [one] in a minute
   *[other] in { $count } minutes
 }
moment-hours = { $count ->
    [one] in an hour
   *[other] in { $count } hours
 }
moment-days = { $count ->
    [one] in a day
   *[other] in { $count } days
 }

## Help

help-slip = There is no command “{ $typed }”.
help-slip-nearest = { help-slip } Did you mean “{ $nearest }”?
help-new =
    New image
    /imagine a red fox in snow --ratio 16:9{ $count ->
        [one] {""}
       *[other] {" "}--count { $count }
    }
    Or write to me in a direct message, or mention me anywhere.
help-edit =
    Edit an image
    { $edit }
    Or { $reply }.
    Or choose “Edit with Seedream” in a message's menu.
help-edit-files = /edit make it night, with your images attached
help-edit-form = /edit make it night, then add your images in the form
help-reply = reply to one of my images with the change; or mention me with your images
help-reply-mention = mention me with the change, in the thread of one of my images or with images of your own
help-flags =
    Flags, anywhere in your words
    --count 1 to { $images } · --ratio 16:9, 3:2, portrait … · --size { $sizes } or 2560x1440
    --model { $models }{ $formats ->
        [none] {""}
       *[other] {" "}· --format { $formats }
    } · --ref ID#2 (image 2 of an earlier set) · { $hiding }{ $extras ->
        [none] {""}
       *[other] {"\u000A"}{ $extras }
    }
help-more =
    { $models } shows what each model can do and costs, { $quota } what you have left today.
    What is refused or fails costs you nothing.

## Menus: commands and their options, within the platforms' 100 characters

command-imagine = Generate images with Seedream
command-imagine-hint = a red fox in snow --ratio 16:9, or nothing for a form
command-edit = Edit or combine images with Seedream
command-edit-hint = make it night
command-quota = Show how many images you have left today
command-models = Show the available models and what an image costs
command-help = Show how to use this bot
command-group = Help, your quota and the available models
option-prompt = What the image should show, in your own words
option-prompt-edit = What should change; call your images “image 1”, “image 2” …
option-image = Reference image: “image { $number }” in your prompt, after those of earlier sets
option-count = How many images, 1 to { $images }
option-size = { $sizes }, or exact pixels like 2560x1440
option-ratio = Aspect ratio: 16:9, 1:1, 2:3, portrait, landscape …
option-model = Seedream model: { $models }
option-references = Images of earlier sets, like ID#3; separate several with spaces
option-format = File format of the images
option-background = Transparent for stickers and logos, or opaque
option-layers = Take your image apart into layers; the prompt names what to cut out
option-watermark = Put the “AI generated” watermark on the images
option-search = Let the model search the web first
option-prompt-mode = How thoroughly the model works on the prompt
option-gateway = Which of this bot's gateways to use
option-private = Only you see the answer and the images
option-spoiler = Hide the images until someone clicks them
menu-edit_with = Edit with Seedream
menu-edit_with-description = Edit the images of this message
menu-new_image = New image
menu-new_image-description = Open the form for new images

## Refusals: what is wrong, and what works instead

nearest = Try { $nearest }.
refusal-ALREADY_SUBMITTED = This image is already being made, so it cannot be stopped any more. For a new one, send /imagine with your words.
refusal-ALREADY_SUBMITTED-cancel = This image is already being made and its cost has been incurred, so it cannot be cancelled. It will be here soon.
refusal-ALREADY_SUBMITTED-ended = This edit is over, so there is nothing to stop. For a new image, send /imagine with your words.
refusal-ALREADY_SUBMITTED-fresh = The edit is already stopped, and a new image of your words is on its way.
refusal-ANSWERED_ALREADY = You have already answered this.
refusal-ANSWER_NOT_OFFERED = Please answer “yes” or “cancel”.
refusal-ANSWER_NOT_OFFERED-memory = Please answer “edit” to change your last image, “new image”, or “cancel”.
refusal-ANSWER_NOT_OFFERED-memory-set = Please answer with a number ({ $allowed }), “new image” or “cancel”.
refusal-ANSWER_NOT_OFFERED-numbers = Please answer with a number ({ $allowed }), “all” or “cancel”.
refusal-ASKED_TWICE = You pressed this twice. One set is being generated.
refusal-ASPECT_OUT_OF_RANGE = Seedream { $model } supports aspect ratios from 1:16 to 16:1, not { $value }.
refusal-BAD_VALUE = “{ $value }” is not a valid value for { $flag }: use { $allowed }.
refusal-BAD_VALUE-flat = { $flag } { $value } has no area: write the left, top, right and bottom edges in percent, as { $allowed }.
refusal-BAD_VALUE-many = These are too many places. Leave out { $flag } { $value }, and mark only what matters.
refusal-BAD_VALUE-missing = { $flag } needs a value: { $allowed }.
refusal-BAD_VALUE-no-image = { $flag } { $value } is in an image that you did not send. The number before the colon says which: 1 is your first image.
refusal-BAD_VALUE-outside = { $flag } { $value } is outside of the image. Write { $allowed } in percent, from 0 to 100.
refusal-BAD_VALUE-place = “{ $value }” is not a valid value for { $flag }: use { $allowed }, in percent of the image's width and height.
refusal-BAD_VALUE-unclear = Does “{ $value }” switch { $flag } off, or does it belong to your prompt? Nothing was generated. If it belongs to the prompt, move { $flag } to the end.
refusal-BAD_VALUE-which = Which image is { $flag } { $value } in? Write its number before it.
refusal-BODY_TOO_LARGE = Together, these images are too large for { $gateway } (limit: { $limit } MB). Use fewer or smaller images.
refusal-BUDGET_REACHED = { $left ->
    [0] This bot has made all the images that it may make today, for all members together. It makes more { $renews_at }; your quota is unchanged.
    [one] This bot may make only 1 more image today. Try --count 1, or ask again { $renews_at }.
   *[other] This bot may make only { $left } more images today. Ask for fewer, or ask again { $renews_at }.
 }
refusal-BUDGET_REACHED-month = { $left ->
    [0] This bot has made all the images that it may make this month, for all members together. It makes more { $renews_at }; your quota is unchanged.
    [one] This bot may make only 1 more image this month. Try --count 1, or ask again { $renews_at }.
   *[other] This bot may make only { $left } more images this month. Ask for fewer, or ask again { $renews_at }.
 }
refusal-COUNT_OUT_OF_RANGE = You can request 1 to { $limit } images here, not { $value }.
refusal-FORMAT_NOT_SUPPORTED = Seedream { $model } on { $gateway } cannot produce the file format “{ $value }”.
refusal-FORMAT_NOT_SUPPORTED-alone = Leave --format out.
refusal-FORM_EXPIRED = This form or button has expired. Please start again.
refusal-GUIDANCE_NOT_SUPPORTED = Seedream { $model } does not support --guidance.
refusal-GUIDANCE_NOT_SUPPORTED-alone = Leave it out.
refusal-GUIDANCE_OUT_OF_RANGE = Seedream { $model } takes --guidance from { $least } to { $most }, not { $value }.
refusal-JOBS_OPEN = You already have { $value } unfinished requests; { $limit } are allowed at a time. Wait for one of them; nothing was spent.
refusal-JOB_NOT_READY = That image is still being made. Send this again when it is posted; this message cost nothing.
refusal-JOB_UNKNOWN = There is no image set “{ $value }” that you can use. Use the name of one of its files, or its first twelve characters and #1.
refusal-JOB_UNKNOWN-pressed = The set behind this button is no longer stored, or it is not yours to use. Describe it again; you can still edit any image that you see.
refusal-MEMBER_OUT_OF_REACH = I have nowhere to post your images. Ask an admin to let me send messages and attach files here, or allow direct messages from me.
refusal-MODEL_NOT_ON_DIALECT = { $gateway } does not offer the model “{ $value }”. It offers { $allowed }.
refusal-MODEL_RETIRED = Seedream { $model } is no longer sold on { $gateway }: it ended on { $date }.
refusal-MODEL_RETIRED-unmatched = Seedream { $model } is no longer sold on { $gateway }: it ended on { $date }. No other model there can do this.
refusal-MODEL_RETIRED-alone = Nothing there does the same. Ask for another size or fewer options{ or-another-gateway }.
refusal-MODEL_UNAVAILABLE = { $gateway } does not have Seedream { $model } at the moment; this cost you nothing.
refusal-MODEL_UNAVAILABLE-unmatched = { $gateway } does not have Seedream { $model } at the moment, and no other model there can do this; it cost you nothing.
refusal-MODEL_UNAVAILABLE-alone = Nothing here replaces it for this request. Ask again { $again_at }.
refusal-NOT_YOURS = Only the member who asked for this can open it.
refusal-NOT_YOURS-cancel = Only the member who asked for this image can cancel it.
refusal-NOTHING_MISSING = No image of this set can be generated again. Press “{ button-again }” for a new set.
refusal-NOTHING_TO_SHOW = This request produced no images, so there is nothing to show.
refusal-NO_ACCESS = This bot is not open to this server or workspace. To have it opened, ask { $contact }.
refusal-NO_ACCESS-direct = This bot takes no direct messages. Use it in a channel.
refusal-NO_ACCESS-member = This bot is not open to you here. To be let in, ask { $contact }.
refusal-NO_ACCESS-stranger = In direct messages and in other servers, this bot is open only to members of certain servers or workspaces. To be let in, ask { $contact }.
refusal-NO_ACCESS-user-install = This bot works only in servers that have added it, not where only you have. Ask an admin of this server to add it.
contact = the people who run it
refusal-NO_GATEWAY = There is no gateway “{ $value }”. This bot uses { $allowed }.
refusal-NO_GATEWAY-hidden = What you chose is no longer available here. Please ask again.
refusal-OPTION_CONFLICT = “{ $value }” and “{ $other }” contradict each other. Keep one of them.
refusal-OPTION_NOT_SUPPORTED = No Seedream gateway supports { $flag }. Describe it in the prompt instead.
refusal-OPTION_NOT_SUPPORTED-group = “{ $flag }” would start several requests, which is not possible yet. Choose one, or put it in "double quotes" if it belongs to the prompt.
refusal-OPTION_NOT_SUPPORTED-hidden-reference = An image that you chose was hidden where it was posted, and nothing can be hidden here. Ask for a result that only you see.
refusal-OPTION_NOT_SUPPORTED-model = Seedream { $model } on { $gateway } does not support { $flag }.
refusal-OPTION_NOT_SUPPORTED-model-alone = Leave it out{ or-another-gateway }.
refusal-OPTION_NOT_SUPPORTED-planned = This bot does not have { $flag } yet. Leave it out, or put it in "double quotes" if it belongs to the prompt.
refusal-OPTION_NOT_SUPPORTED-platform = Images cannot be hidden behind a click here, so { $flag } has no effect.
refusal-ORIGINAL_TOO_LARGE = The original has { $value } MB, and I can post { $limit } MB here. Press the button where larger files are allowed, or ask the bot's operator for it.
refusal-PIXELS_TOO_FEW = { $value } is too small for Seedream { $model }: it needs at least { $limit } pixels in total.
refusal-PIXELS_TOO_MANY = { $value } is too large for Seedream { $model }: it supports at most { $limit } pixels in total.
refusal-PROMPT_EMPTY = Describe what the image should show.
refusal-PROMPT_EMPTY-again = I have no earlier request of yours here to repeat. Say “again” in a reply to an image, or press “{ button-again }” below it.
refusal-PROMPT_EMPTY-again-flags = “Again” repeats a request exactly as it was. For another number of images or other flags, send your words anew, as in “a red fox --count 2”.
refusal-PROMPT_EMPTY-choice = Say what should change, too, as in “make number 3 blue”; or describe a new image.
refusal-PROMPT_EMPTY-picture = What should I change? Send the words together with the image.
refusal-PROMPT_MODE_NOT_SUPPORTED = Seedream { $model } on { $gateway } has no prompt mode “{ $value }”.
refusal-PROMPT_MODE_NOT_SUPPORTED-alone = Leave --prompt-mode out.
refusal-PROMPT_TOO_LONG = Your prompt has { $value } characters; the limit is { $limit }. Shorten it.
refusal-QUOTA_EXCEEDED = { $left ->
    [0] You have none of today's { $granted } images left. Your quota renews { $renews_at }.
    [one] You asked for { $asked } images but have 1 of today's { $granted } left. Try --count 1; your quota renews { $renews_at }.
   *[other] You asked for { $asked } images but have { $left } of today's { $granted } left. Try --count { $left }; your quota renews { $renews_at }.
 }
refusal-QUOTA_EXCEEDED-layers = There can be up to { $asked } layers, and you have { $left ->
    [0] none
   *[other] { $left }
 } of today's { $granted } images left. Your quota renews { $renews_at }.
refusal-RATIO_UNKNOWN = “{ $value }” is not an aspect ratio. Write width and height like 16:9, or a word like portrait.
refusal-REFS_NOT_SUPPORTED = Seedream { $model } on { $gateway } does not take reference images.
refusal-REFS_NOT_SUPPORTED-alone = Describe the image in words{ or-another-gateway }.
or-another-gateway = { $gateways ->
    [hidden] {""}
   *[shown] {", or use another --gateway"}
 }
refusal-REFS_PLUS_COUNT = { $references } reference images and { $count } new ones are more than { $limit } together.
refusal-REFS_REQUIRED = Which image should I edit? Attach one, or reply to one.
refusal-REFS_REQUIRED-alpha = Seedream { $model } keeps a transparent background, but does not draw one. Attach the image that has it.
refusal-REFS_REQUIRED-layers = Which image should I take apart? Attach it, or reply to it.
refusal-REFS_REQUIRED-place = In which image is that place? Attach it, or reply to it.
refusal-REFS_REQUIRED-unmade = That request made no image, so there is nothing to change. Describe a new image, or attach one.
refusal-REFS_REQUIRED-words = Which image do you mean? Attach it, or reply to it. For a new image, describe all of it.
refusal-REFS_TOO_MANY = { $value } reference images are too many: Seedream { $model } on { $gateway } takes { $limit }.
refusal-REFS_TOO_MANY-alpha = Seedream { $model } keeps a transparent background only of a single image, not of { $value }. Send one.
refusal-REFS_TOO_MANY-layers = I can take apart one image at a time, not { $value }. Send one.
refusal-REF_ADDRESS = I do not open addresses in a prompt, so I have not seen “{ $value }”. Attach the image itself, or reply to a message that shows it. Put the address in "double quotes" if the image should show it as text.
refusal-REF_BAD_ASPECT = Image { $number } is too long and narrow: aspect ratios from 1:16 to 16:1 work. Crop it and try again.
refusal-REF_BAD_FORMAT = Image { $number } is not an image I can read; it looks like { $found }. Use { $allowed }.
refusal-REF_BAD_FORMAT-audio = Image { $number } is a sound file, not an image. Attach a picture instead.
refusal-REF_BAD_FORMAT-kind = Image { $number } is a { $found } of a kind that I cannot open. Save it as an ordinary JPEG or PNG and attach the new file.
refusal-REF_BAD_FORMAT-long-text = Image { $number } is not an image: it is your text as a file, because it was too long for one message. Shorten the text and send it again.
refusal-REF_BAD_FORMAT-pdf = Image { $number } is a PDF, not an image. Save its page as a PNG or JPEG and attach that.
refusal-REF_BAD_FORMAT-text = Image { $number } is a text file, not an image. Write your prompt into the message itself, and attach only pictures.
refusal-REF_BAD_FORMAT-video = Image { $number } is a video, not an image. Attach a picture instead, such as a screenshot of the video.
refusal-REF_BAD_FORMAT-voice = Image { $number } is a voice message, and I cannot listen to it. Write what you would like, and attach a picture if I should change one.
refusal-REF_BOMB = Image { $number } claims far more pixels, or has far more parts, than an image has. Send it as an ordinary JPEG or PNG.
refusal-REF_CRASHES = Image { $number } made the program that opens images fail twice, so it is not tried again. Save it again as an ordinary JPEG or PNG and attach the new file.
refusal-REF_ELSEWHERE = Image { $number } is only a link to a file stored elsewhere. Upload the image itself.
refusal-REF_FORM_NOT_ACCEPTED = { $missing ->
    [PUBLIC_URL] { $gateway } cannot take images from members, because this bot has no public address. Describe image { $number } in words{ or-another-gateway }; the people who run this bot can set PUBLIC_URL.
   *[other] { $gateway } cannot take image { $number } in this form. Attach the image itself.
 }
refusal-REF_GONE = Image { $number } can no longer be downloaded. Attach it again.
refusal-REF_GONE-stored = Image { $number } is no longer stored. Attach it, or choose another one.
refusal-REF_HIDDEN = I cannot see the message you replied to. Choose “Edit with Seedream” in its menu, or attach the image here.
refusal-REF_NEEDS_ALPHA = Image { $number } has no transparent parts, and Seedream { $model } can only keep those that are there. Attach an image with a transparent background.
refusal-REF_NOT_IN_SET = That set has { $limit ->
    [one] 1 image
   *[other] { $limit } images
 }; there is no image { $value }. Choose another one.
refusal-REF_NOT_IN_SET-answer = { image-missing } Please answer with another number, or “cancel”.
refusal-REF_NOT_IN_SET-part = There is no image { $value } here. Please answer with a number ({ $allowed }), or “cancel”.
refusal-REF_TOO_BIG = Image { $number } is larger than { $limit } MB. Send a smaller file.
refusal-REF_TOO_COMPLEX = Image { $number } takes too long to open, because of the way it was saved. Save it again as an ordinary JPEG (not progressive) or PNG and attach the new file.
refusal-REF_TOO_MANY_PIXELS = Image { $number } has more than { $limit } pixels. Send a smaller version.
refusal-REF_TOO_SMALL = Image { $number } is too small: each side needs more than { $limit } pixels. Send a larger version.
refusal-REF_TOO_SMALL-layers = Image { $number } is too small for layers: it needs at least { $limit } pixels in total, as 512x512 has. Send a larger version.
refusal-REF_UNREAD = I could not read the message that you mean, so I do not know its image. Attach the image, or try again in a minute.
refusal-REF_UNREADABLE = Image { $number } is damaged or incomplete. Save it again and attach the new file.
refusal-REF_UNUSABLE = I cannot use the image in that message, because it is only a preview or a sticker. Save it and attach the image itself.
refusal-SEARCH_NOT_SUPPORTED = Seedream { $model } on { $gateway } cannot search the web.
refusal-SEARCH_NOT_SUPPORTED-alone = Leave --search out.
refusal-SEED_NOT_SUPPORTED = Seedream { $model } ignores --seed, so the same seed would not give the same image.
refusal-SEED_NOT_SUPPORTED-alone = Leave it out.
refusal-SEED_OUT_OF_RANGE = Seedream { $model } takes seeds from { $least } to { $most }, not { $value }.
refusal-SIDE_TOO_LONG = { $value } has a side longer than { $limit } pixels, the maximum on { $gateway }.
refusal-SIZE_NOT_SUPPORTED = Seedream { $model } on { $gateway } does not support the size “{ $value }”; it supports { $allowed }.
refusal-STREAM_NOT_SUPPORTED = { $gateway } cannot stream Seedream { $model }.
refusal-SYNC_NOT_SUPPORTED = { $gateway } is not set up correctly: it only accepts tasks. Tell the bot's operator to remove mode = "sync".
refusal-TEXT_TOO_LONG = Your text has { $value } characters; I read at most { $limit } here. Shorten it.
refusal-TIER_NOT_ON_MODEL = Seedream { $model } on { $gateway } has no size { $value }; it has { $allowed }.
refusal-UNKNOWN_FLAG = There is no flag { $value }.
refusal-UNKNOWN_FLAG-unclear = “{ $value }” may be a flag or a part of your prompt, so nothing was generated.
refusal-UNKNOWN_FLAG-otherwise = Put it in "double quotes" if it belongs to the prompt.
refusal-WATERMARK_NOT_CONTROLLABLE = The watermark cannot be changed on { $gateway }.
refusal-WATERMARK_NOT_CONTROLLABLE-alone = Leave --watermark and --no-watermark out.

## What was seen of a gateway's failure: facts only. `status` is that of an HTTP answer, `number` that of a reference, or 0.

seen-auth = { $gateway } rejected the bot's key.
seen-account = The bot's account at { $gateway } is closed or blocked.
seen-balance = The bot's account at { $gateway } has run out of credit.
seen-model = { $gateway } does not offer Seedream { $model } to this bot.
seen-request = { $gateway } rejected the request.
seen-reference = { $number ->
    [0] { $gateway } could not use one of the reference images.
   *[other] { $gateway } could not use image { $number }.
 }
seen-reference_download = { $number ->
    [0] { $gateway } could not download one of the reference images from this bot.
   *[other] { $gateway } could not download image { $number } from this bot.
 }
seen-too_large = The request was too large for { $gateway }.
seen-policy_text = The content filter rejected the prompt.
seen-policy_image = The content filter rejected a reference image.
seen-real_person = A reference image may show a real person, and the model does not accept those.
seen-copyright = The content filter rejected this because it may contain protected material.
seen-policy_output = The content filter withheld the result.
seen-policy = The content filter rejected this.
seen-rate = { $gateway } is too busy.
seen-overload = { $gateway } is too busy.
seen-quota = The bot has used up its allowance at { $gateway }.
seen-upstream = { $status ->
    [0] { $gateway } reported an internal error.
   *[other] { $gateway } answered with a server error (HTTP { $status }).
 }
seen-timeout = { $status ->
    [0] { $gateway } took too long.
   *[other] { $gateway } took too long (HTTP { $status }).
 }
seen-task_lost = { $gateway } no longer knows the task.
seen-unreachable = { $gateway } is unreachable.
seen-ambiguous = The connection to { $gateway } ended before its answer was complete.
seen-empty = { $gateway } finished without sending an image.
seen-internal = Something went wrong inside the bot.
seen-unknown = { $gateway } sent an answer that I could not read.
seen-download = { $gateway } reported an image, but I could not get it.
seen-lost = The result was generated, but its files are gone from the bot's disk.

## Failures of a gateway: what they mean for the member. None of these has cost them anything, except what was lost here.

failure-auth = { seen-auth } Please tell the bot's operator; your quota is unchanged.
failure-account = { seen-account } Please tell the bot's operator; your quota is unchanged.
failure-balance = { seen-balance } Please tell the bot's operator; your quota is unchanged.
failure-model = { seen-model } Try another --model, or tell the bot's operator.
failure-request = { seen-request } Try again with fewer options; it cost you nothing.
failure-reference = { seen-reference } Save it as an ordinary JPEG or PNG, or use another one; it cost you nothing.
failure-reference_download = { seen-reference_download } That is not your fault, and it cost you nothing. Try again in a minute; if it happens again, please tell the bot's operator.
failure-too_large = { seen-too_large } Use fewer or smaller reference images; it cost you nothing.
failure-policy_text = { seen-policy_text } Change the wording; it cost you nothing.
failure-policy_image = { seen-policy_image } Use another one; it cost you nothing.
failure-real_person = { seen-real_person } Use another one; it cost you nothing.
failure-copyright = { seen-copyright } Change the prompt or the image; it cost you nothing.
failure-policy_output = { seen-policy_output } Try again or change the prompt; it cost you nothing.
failure-policy = { seen-policy } Change the prompt or the images; it cost you nothing.
failure-rate = { seen-rate } Try again in a minute; it cost you nothing.
failure-overload = { seen-overload } Try again in a minute; it cost you nothing.
failure-quota = { seen-quota } Please tell the bot's operator; your quota is unchanged.
failure-upstream = { seen-upstream } Try again; it cost you nothing.
failure-timeout = { seen-timeout } Try again; it cost you nothing.
failure-task_lost = { seen-task_lost } Try again; it cost you nothing.
failure-unreachable = { seen-unreachable } Try again in a minute; it cost you nothing.
failure-ambiguous = { seen-ambiguous } Try again; your quota is unchanged.
failure-empty = { seen-empty } Try again; it cost you nothing.
failure-internal = { seen-internal } Your quota is unchanged; please tell the bot's operator.
failure-unknown = { seen-unknown } Try again; it cost you nothing.
failure-download = { seen-download } Your quota is unchanged. Try again; if it happens again, please tell the bot's operator.
failure-lost = { seen-lost } Please tell the bot's operator.
uncertain = { $seen } I cannot tell whether it generated anything. { $counted ->
    [0] Your quota is unchanged
    [one] 1 image counts as used, because today's limit for lost images is reached
   *[other] { $counted } images count as used, because today's limit for lost images is reached
 }; trying again may cost the bot's operator twice.

## The bot's own storage and the platform

internal-error = Something went wrong inside me, and I could not do this. Please tell the bot's operator this reference: { $reference }.
store-busy = I am too busy to save this right now. Nothing was charged; try again in a moment.
store-full = My disk is full, so I cannot save this. Nothing was charged; please tell the bot's operator.
store-unavailable = My disk has a problem right now, so I cannot save this. Nothing was charged; try again in a moment.
store-fenced = I am already working on this. Nothing was charged twice; wait for my message.
store-newer = My database belongs to a newer version of the bot. Please tell the bot's operator.
store-lost = My database is lost. Nothing was charged; please tell the bot's operator.
store-missing = The image is no longer on my disk. Nothing was charged; please attach it again.
store-broken = I cannot read my database. Nothing was charged; please tell the bot's operator.
delivery-gone = The message or channel to answer in no longer exists.
delivery-forbidden = I am not allowed to post there. Ask an admin to let me send messages and attach files.
delivery-not_invited = I am not in this channel, so I will send your images by direct message. To get them here, invite me: /invite and my name.
delivery-archived = This channel is archived, so I will send your images by direct message.
delivery-uploads_off = I may not upload files here. Ask an admin to allow it; your images are safe.
delivery-expired = This command can no longer be answered. Please try again.
delivery-too_large = The file is too large for this platform.
delivery-rejected = The platform rejected the message.
delivery-unavailable = The platform is not responding. Please try again in a moment.

## Short reasons, inside a receipt

reason-policy_output = withheld by the content filter
reason-policy_text = rejected by the content filter
reason-policy_image = rejected by the content filter
reason-real_person = may show a real person
reason-copyright = may contain protected material
reason-policy = rejected by the content filter
reason-download = generated, but could not be downloaded
reason-lost = generated, but lost on the bot's disk
reason-unknown = sent in a form that I could not read
reason-rate = not generated, because the image service was too busy
reason-overload = not generated, because the image service was too busy
reason-timeout = not generated in time
reason-ambiguous = did not arrive
reason-model = not generated, because the image service does not have this model at the moment
reason-other = not generated
