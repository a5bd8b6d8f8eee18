"""Discord's HTTP API v10.

server.py       takes a request, injects faults, checks token and limits, answers
parsing.py      an HTTP request becomes an ApiCall
routing.py      routes, calls and responses
ratelimits.py   buckets and the global limit
access.py       what the bot's token may see and do
account.py      /users/@me, /applications/@me, /gateway
channels.py     channels, threads, direct messages, guilds
messages.py     messages and reactions
commands.py     application commands
callbacks.py    interaction responses and follow-ups
"""
