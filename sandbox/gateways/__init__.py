"""Stand-ins of image gateways, one file a dialect, over parts they share.

ark.py           the official API, Volcengine and BytePlus; ark_rules.py what it accepts: pure
acedata.py       Ace Data Cloud: tasks, callbacks, lines of JSON; acedata_rules.py
sinancode.py     sinancode: tasks; sinancode_rules.py, and uploads.py, its upload service
uniall.py        UniAll: generations and edits, addresses only
unode.py         Unode, a NewAPI router: options under extra_fields, data URLs only
opeai.py         ope.ai: OpenAI's terms
offered.py       the table of them, and what an operator would write for each

gateway.py       what they all are: server, key, faults, errors
studio.py        makes the pictures of a call, and the record of calls; tasks.py does it behind a task id
streaming.py     a set as it is made, frame by frame
answers.py       bodies of answers and the refusals that become one: pure
fields.py        strict reading of a JSON body: pure
model_rules.py   tiers, pixels and numbers of each model version: pure
content_words.py words of a prompt that make a model refuse: pure
references.py    reference pictures as a gateway reads them; fetching.py gets those that are addresses
sizes.py         tiers, shapes and numbers a model reads from a prompt: pure
pictures.py      draws a result; scenery.py draws what is in it
serving.py       a local HTTP server, and the host that serves results
"""
