"""The dialects: one file for each, which ends with its one value; `table.py` lists them."""
