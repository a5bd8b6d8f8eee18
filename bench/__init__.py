"""Measures the program beside a bare reference that does the same work in the same run. No test asserts a time.

__main__.py    the command line: measures, prints a table, writes `results.json`
measures/      one file per figure: `measure(scale)`
references/    the bare programs to compare with
figures.py     figures, aims, alternating rounds
table.py       the table and the JSON file
scale.py       the size of each measurement
platforms.py   the chat platforms of the bench
testbed.py     a sandbox, a gateway for loads and the measured program
gateway.py     the gateway for loads
load.py        the load that members cause
hostile.py     what hostile members send
probe.py       the lag of an event loop
probed.py      the program with a probe in its event loop
children.py    child processes
resources.py   the memory that a process uses
samples.py     typical commands, jobs and requests
"""
