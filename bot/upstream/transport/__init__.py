"""HTTP for gateways, bounded in size, memory and time.

http_messages.py     requests and answers as values
http_client.py       address, key, time limits; httpx's errors become ours
request_body.py      bodies of requests, pictures sent from disk
content_encoding.py  compressed answers, in pieces
spool.py             large answers, on disk while they arrive
lines.py             streams of messages
"""
