"""What can be asked of which model at which gateway, and what it costs: rows from TOML files, and their arithmetic.

data/                           the rows: models and where they are sold, dialects, sizes; a new model is a change of one file
load.py tables/                 the one loader of these files and of what the operator adds to them
names.py                        the names alone, fast
catalog.py models.py dialects.py  the rows as values
profiles.py                     the operator's settings merged over both: what one gateway offers
retirement.py                   when a gateway withdraws a model, and who says so
price.py                        price schedules by pixels, references and layers
sizes.py size_words.py ratios.py  resolution tiers, exact pixels and aspect ratios
rule_violation.py               a broken rule of the catalog, with option changes that may fix it
"""
