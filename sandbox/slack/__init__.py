"""A stand-in for Slack: Web API, Socket Mode, signed HTTP requests, files and response URLs, with the real limits and error codes.

stand_in.py       the whole: started, reached over plain HTTP on loopback, closed
world.py          what exists; identifiers.py, links.py its ids, timestamps and addresses
shapes.py         the world as Slack's JSON
wording.py        escapes, mentions and what a text says; visible.py what blocks say
blockkit/         what Slack refuses in blocks and views, as tables
contents.py       what a message or a view is to say, read from a call and judged
posting.py        messages come, change and go; sharing.py files on their late way into a message; announcing.py the events of both
interactions.py   triggers, response URLs and who waits for an answer; forms.py the views people have open
courier.py        events, commands and interactions on their way to the bot; sockets.py Socket Mode, signed.py HTTP; errands.py waits
api/              the Web API, one file a family of methods; server.py tokens, arguments, faults and rate limits before them
hosting.py        file downloads and uploads; responding.py response URLs
acting.py         what members do; gestures.py how it becomes a payload; filling.py how a form is filled in
seeing.py         what members see
"""
