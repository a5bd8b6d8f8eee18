"""The figures, one file each.

ack.py         until a command is acknowledged
codec.py       encoding and decoding
delivery.py    from the gateway's last byte to the platform's 200
downloads.py   many downloads at once
lag.py         the lag of the event loop
memory.py      memory at rest, and with waiting jobs
persisted.py   until a command's row can be read
restart.py     until the first job resumes after a power cut
startup.py     until the program is ready
store.py       reservations a second
waiting.py     very many waiting jobs
"""
