"""Figures of the running program beside a bare reference that does the same in the same run; nothing is asserted by time.

__main__.py figures.py table.py      what is measured, in turns; one table and `results.json`
scale.py platforms.py                how much is asked for; one row a chat platform
ground.py children.py resources.py   a sandbox, a gateway for loads and the program under measure, each its own process
gateway.py load.py probe.py probed.py   the gateway, the members, and the probe in the program's event loop
bare_*.py pipe_*.py piping.py        what we are measured against
ack.py delivery.py …                 one file a figure: `measure(scale)`
"""
