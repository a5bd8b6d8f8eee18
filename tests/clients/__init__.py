"""Other libraries against the stand-ins: hikari and py-cord for Discord, Bolt for JavaScript for Slack.

Each is a small bot of a library that this project does not use, so it shows what the stand-ins owe to everybody. The bots run in
environments of their own, because their dependencies contradict ours.
"""
