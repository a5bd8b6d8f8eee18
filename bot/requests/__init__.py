"""From a command to one gateway's request or its refusal, with the price; pure."""
