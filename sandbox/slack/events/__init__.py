"""Events and interactions on their way to the app.

publisher.py          turns what happens into events
dispatcher.py         delivers payloads; retries events
socket_mode.py        delivery over Socket Mode
http_mode.py          delivery as signed HTTP requests
background_tasks.py   tasks that wait by the sandbox's clock
"""
