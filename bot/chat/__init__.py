"""The contract of a chat platform: what it can do, what it is given to show, and how its members are reached."""
