"""The bare references.

bare_discord.py   the least that discord.py needs to answer `/imagine`
bare_slack.py     the same with Bolt
pipe.py           pictures from a gateway, with nothing in between
pipe_discord.py   piped into a Discord channel
pipe_slack.py     piped into a Slack channel
raw_store.py      a reservation's rows, written with sqlite3 alone
"""
