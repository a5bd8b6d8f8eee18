"""The core: what a member asks becomes a paid call once, and pictures; it knows no chat platform.

    command.py                   what a member asked; grammar.py reads it from text
    catalog/                     models, dialects, sizes and prices as tables
    request.py, routing.py       one dialect's request or refusal; the gateways ranked, with price
    admission.py                 may this member do this now
    job.py, worker.py, engine/   states and moves; the only code that moves a job; who calls it
    upstream/                    the wire to the gateways
    progress.py, presentation/   what happened to a job; how that reads
    delivery.py                  the ways to reach the member, with deadlines
    app.py                       all of it wired from explicit arguments

An import points up this list or to the leaves (ids, errors, clock), never back; `tests/test_architecture.py` holds it.
"""
