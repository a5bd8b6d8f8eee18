"""A stand-in for Discord: REST, gateway, CDN and interactions with the real limits, deadlines and error codes.

stand_in.py       the whole: started, reached through the proxy, closed
world.py          what exists; snowflakes.py, flags.py, links.py its ids, numbers and addresses
shapes.py         the world as Discord's JSON
posting.py        messages come, change and go; bodies.py, components.py, modals.py, mentions.py check what is sent
gateway.py        sessions.py, connection.py and compression.py beneath it
rest/             the HTTP API, one file a resource; ratelimits.py and errors.py beneath it
cdn.py            attachments by signed addresses; attaching.py makes them of bytes
acting.py         what members do; command_book.py, command_options.py, forms.py what they bring
invoking.py       how that becomes an interaction; interactions.py its token and deadlines
seeing.py         what members see
"""
