"""Attachments.

factory.py       uploaded bytes become attachments
signed_urls.py   URLs that expire
stickers.py      stickers, whose URLs do not
cdn.py           the hosts that serve them
"""
