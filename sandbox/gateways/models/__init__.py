"""What the models are, whichever gateway leads to them.

rules.py   tiers, pixels, counts and fields of each version
sizes.py   the pixels of each tier and ratio
prices.py  what a call costs: by pixels, references and layers
"""
