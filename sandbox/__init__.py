"""Fake chat platforms and image gateways that speak the real wire protocols on this machine, with no account.

`python -m sandbox` starts them, prints one JSON line and keeps running. The program under test is another process, which
knows nothing but the settings in that line. Nothing here imports the product.

    __main__.py       the command line: starts every server
    control.py        the control API: /act /world /seen /file /calls /fault /clock /record
    contracts.py      the contract between the control API and the fakes
    driver.py         a client of the control API, for demo, tests and bench
    demo/             a scripted conversation against a real bot process
    discord/          fake Discord: REST, gateway, CDN, interactions, behind TLS and a CONNECT proxy
    slack/            fake Slack: Web API, Socket Mode or signed HTTP, files
    gateways/         fake image gateways, one file a dialect
    runtime.py        what the servers share: clock, random numbers, faults, recording, files
    clock.py          the clock that /clock moves
    faults.py         fault injection
    changes.py        named changes to a platform's world
    act_files.py      the files of an act
    picture_size.py   the dimensions of an uploaded picture
    population.py     how many members and channels a platform has
    local_server.py   an HTTP server, and the ways in which it answers badly
    proxy.py          the CONNECT proxy
    tls.py            a throw-away certificate authority
"""
