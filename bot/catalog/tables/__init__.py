"""Reads rows of the catalog from TOML, the files of this release and the operator's own alike.

row_keys.py         types of keys that only rows have
prices.py           one amount or a schedule
rows.py             tables to rows
row_faults.py       what in a row contradicts itself
operator_faults.py  what is wrong with the operator's tables
"""
