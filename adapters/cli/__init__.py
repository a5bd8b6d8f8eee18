"""The command line. Answers go to stdout, everything else to stderr.

app.py           the table of commands; commands/ has one file for each
options.py       the options that several commands have
settings.py      the operator's settings as a command needs them
failures.py      exit codes, and how a command ends
serve.py         what `run` does, without the library that parses arguments
logs.py          the log
"""
