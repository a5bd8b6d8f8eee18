"""The reference pictures of a job, before its paid call.

checking_notices.py    what the member alone sees meanwhile
intake_queue.py        whose references are fetched next
reference_intake.py    fetched, checked, cleaned and stored
reference_transfer.py  in the form that the gateway takes
"""
