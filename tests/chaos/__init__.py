"""Power cuts and worse under steady traffic, judged from the outside: `python -m tests.chaos --jobs 1000 --kills 30 --seed 1`.

plan.py      who asks for what, and what befalls the bot, from the seed alone; pure
members.py   who acts
house.py     processes of the bot, and the blows they get
evidence.py  rows, bills and messages, gathered from the outside
verdict.py   each promise against what was seen; pure
"""
