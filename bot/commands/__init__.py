"""What members ask, typed and platform-free: commands, buttons, the grammar of text, and what a message means."""
