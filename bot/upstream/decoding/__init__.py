"""How a gateway's answers are read; pure."""
