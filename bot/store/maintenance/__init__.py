"""What an operator does with the store while the bot runs or is stopped: backup and inspection."""
