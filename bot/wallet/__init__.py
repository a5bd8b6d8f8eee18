"""What members may use and what the operator spends: pure rules over amounts, and the port of the ledger."""
