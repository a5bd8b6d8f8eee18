"""What members say that is no request: small talk, remarks to the bot, and answers to its questions."""
