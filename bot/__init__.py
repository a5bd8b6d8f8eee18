"""The core: a member's command becomes a paid call, made once, and pictures. It knows no chat platform.

platform event → command → request and quote → admission → job → upstream → settlement → presentation → platform message

    app.py               wires the core from explicit arguments
    command_receiver.py  wires what receives commands: handlers, interpreter, forms
    job_runner.py        wires what advances jobs: gateways, pipeline, engine, retention
    resources.py         what receiving commands and advancing jobs share
    handlers/            one file a command
    engine/              who advances a job, and again if a process died
    pipeline/            the steps of a job, one file a step; worker.py drives them
    store/               the only database code, and the pictures' bytes on disk
    web/                 the only web server: health, signed files, callbacks
    upstream/            the only HTTP client for gateways: dialects, modes of waiting, limits, downloads
    images/              the only Pillow: references in, results out
    presentation/        events to replies; pure
    wording/             every word a person reads, by code
    jobs/                values and ports of a job: its row, pictures, events, failures, questions, stores
    wallet/              access, quota, budgets and spending: rules over amounts, and the ports of the books
    chat/                the contract of a chat platform: capabilities, replies, ways of delivery
    requests/            from a command to one gateway's request or refusal, with its price; pure
    commands/            what members ask: commands, buttons, the grammar of text
    catalog/             models, dialects, sizes and prices, as tables
    config/              the operator's settings, from TOML and the environment
    errors.py            every error, by code
    files.py             files and folders for this program alone: private, durable, locked
    money.py             amounts, in whole micro-units of a currency
    values.py            `dataclass`, fast to define
    ids.py               named ids
    clock.py             time, as an argument

An import points down this list, never up; `tests/test_architecture.py` reads the list and holds it.
"""
