"""Fake image gateways: one file a dialect, on top of shared parts.

catalog.py          the gateways on offer, and how an operator configures each
gateway.py          the base of every gateway: server, key, faults, errors
dialects/           one file a dialect, and the rules of what it accepts
image_maker.py      makes the pictures of a call; the record of calls
tasks.py            asynchronous tasks
streaming.py        streams a set while it is made
result_host.py      serves the results for a day
responses.py        response bodies in the official shapes; GatewayError
fields.py           strict readers of JSON fields
models/             rules, sizes and prices of each model version
prompt_hints.py     ratio, number of pictures and transparency in a prompt's wording
content_filter.py   trigger words that make a call or a picture fail
references.py       reads reference pictures
reference_urls.py   downloads those given by URL
drawing/            draws the results
"""
