"""What members ask for, independent of any platform: commands, button actions, the grammar of text, interpretation."""
