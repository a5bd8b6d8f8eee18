"""Stand-ins of image gateways, one file a dialect, over parts they share.

ark.py           the official API, Volcengine and BytePlus: the HTTP side
ark_rules.py     what the official API accepts: pure
ark_faults.py    what goes wrong there before anything is made
answers.py       bodies of answers and the refusals that become one: pure
references.py    reference pictures as a gateway reads them
sizes.py         tiers, shapes and numbers a model reads from a prompt: pure
pictures.py      draws a result; scenery.py draws what is in it
serving.py       a local HTTP server, and the host that serves results
"""
