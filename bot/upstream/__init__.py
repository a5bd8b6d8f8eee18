"""The gateways, and the only HTTP client: paid calls, tasks, uploads, and the downloads of results.

contract.py           the port of a gateway, and its events
gateway_upstream.py   its one implementation, for every dialect
dialect.py            what a dialect is: one value
dialects/             one file for each dialect, and the table of them all
modes/                how a result is waited for: synchronous, stream, tasks
decoding/             answers and errors to events; pure
transport/            HTTP: requests, answers, streams, bounded in size and memory
limiter.py            paid calls at once, and pictures a minute
callbacks.py          a gateway calls us when a task has ended
download.py           results, from checked and pinned addresses
key_check.py          whether it accepts its key
outcomes.py           how the last call of each gateway went
reachability.py       whether a gateway answers at all
"""
