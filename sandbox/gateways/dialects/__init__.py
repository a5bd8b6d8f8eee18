"""The dialects. Each `…_rules.py` checks what its dialect accepts.

ark.py                  the official API, BytePlus and Volcengine
one_picture_rules.py    what its models of one picture a call accept and refuse
withdrawals.py          which of its models are no longer served
acedata.py              Ace Data Cloud: tasks, callbacks, NDJSON
sinancode.py            sinancode: tasks
sinancode_uploads.py    its upload service
uniall.py               UniAll: generations and edits; references by URL only
unode.py                Unode, a NewAPI router: options under extra_fields; references as data URLs only
opeai.py                ope.ai: OpenAI's terms
"""
