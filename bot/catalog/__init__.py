"""What models, gateways' dialects and sizes are, as tables; and what they object to.

objection.py                    a rule that an ask breaks, and the changes that may mend it
models.py dialects.py           one row a model, one row a dialect
profiles.py                     the operator's settings merged over both: what one gateway really offers
sizes.py                        tiers, pixels, ratios and shapes
"""
