"""What members do.

actions.py              one method for each kind of act
form_filling.py         modals as members see them and fill them in
interaction_sender.py   sends an interaction and waits for the first response
writing.py              messages, replies, forwards, edits and deletions
"""
