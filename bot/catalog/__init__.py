"""Models, dialects, sizes and prices, as tables.

rule_violation.py               a broken rule of the catalog, with option changes that may fix it
models.py dialects.py           one row per model, one row per dialect
profiles.py                     the operator's settings merged over both: what one gateway offers
sizes.py                        resolution tiers, exact pixels and aspect ratios
"""
