"""Block Kit: what Slack accepts, as tables of schemas.

schema.py     the schemas that the tables are made of
elements.py   block elements and composition objects
blocks.py     blocks, and lists of blocks
views.py      modals and Home tabs
"""
