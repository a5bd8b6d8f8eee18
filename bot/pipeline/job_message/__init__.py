"""What the messages of a job are made of: its pictures as files, and its receipt."""
