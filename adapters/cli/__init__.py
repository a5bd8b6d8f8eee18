"""The command line. Results go to stdout, everything else to stderr.

app.py           the table of commands; commands/ has one file per command
options.py       options shared by several commands
settings.py      loads the operator's settings for a command
failures.py      error messages and exit codes
serve.py         runs the bot; does not import the argument parser
signals.py       what the running bot does on a signal
startup.py       what it says about itself when it starts
logs.py          the log
"""
