"""Attachments.

factory.py       uploaded bytes become attachments
signed_urls.py   URLs that expire
cdn.py           the hosts that serve them
"""
