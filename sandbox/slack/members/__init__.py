"""What members do.

actions.py              one method for each kind of act
interactions.py         trigger ids and response URLs
interaction_sender.py   sends a payload and waits for what the bot does
open_views.py           the modals and Home tabs that members have open
form_filling.py         modals as members see them and fill them in
writing.py              messages, replies and forwards
"""
