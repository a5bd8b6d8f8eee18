"""Local stand-ins that speak the real wire protocols: chat platforms and gateways on this machine, with no account.

`python -m sandbox` starts them, prints one JSON line and stays; the program under test is another process that knows
nothing of them but that line. Nothing here imports the product.

    stage.py         what all stand-ins share: the moving clock, the fault book, the recording, the files
    given.py         what both chat platforms share: the files of members; measuring.py their size, population.py who is there
    control.py       the control API: /act /seen /file /calls /fault /clock /record
    driver.py        a client of that API, for the demo, the tests and the bench
    demo/            the fixed conversation, played against a real bot process
    discord/         Discord: REST, gateway, CDN, interactions, behind TLS and a CONNECT proxy
    slack/           Slack: Web API, Socket Mode or signed HTTP, files
    gateways/        image gateways, one file a dialect
"""
