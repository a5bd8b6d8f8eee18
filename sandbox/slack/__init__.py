"""A fake Slack: Web API, Socket Mode, HTTP mode, files and response URLs, with the real limits and error codes.

fake_slack.py    wires the parts; starts and stops the server
world.py         channels, members, messages and files
changes.py       changes to the world that the control API asks for
serializer.py    the world as Slack's JSON objects
identifiers.py   Slack's ids and timestamps
urls.py          the URLs that this Slack hands out
errors.py        error responses of the Web API
api/             the Web API, one file a family of methods
blockkit/        what Slack refuses in blocks and views, as tables
messages/        checks and writes messages; text and markup; response URLs
files/           uploads, downloads, and sharing files in messages
events/          events and their delivery by Socket Mode or HTTP
members/         what members do, and the payloads that the app receives for it
"""
