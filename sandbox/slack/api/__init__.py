"""The Web API.

server.py          takes a call, injects faults, checks token, scope and rate, answers
arguments.py       the arguments of a call, from query, form or JSON
tokens.py          the app's tokens and scopes
ratelimits.py      Slack's tiers
lookup.py          finds the channel or message that a call refers to
account.py         auth.*, apps.connections.open, users.info, bots.info, team.info
chat.py            chat.*, reactions.add, assistant.threads.setStatus
conversations.py   conversations.*
files.py           files.*
views.py           views.*
"""
