"""Attacks on the running program, each beside another member who must not notice.

python -m tests.attack          every attack; exit 1 if a limit was broken
python -m tests.attack NAME…    some of them
"""
