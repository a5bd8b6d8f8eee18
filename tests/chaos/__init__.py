"""Disrupts the bot under steady traffic and checks it from the outside: `python -m tests.chaos --jobs 1000 --kills 30 --seed 1`.

__main__.py     the command line and the report
plan.py         the requests and disruptions of a run, from its seed
run.py          one run, from its plan to its verdict
members.py      sends the members' requests
deployment.py   the bot's processes and database, and their disruptions
evidence.py     rows, bills and messages, gathered from the outside
verdict.py      checks each promise of the README against the evidence
"""
