"""Lines that cost much if they are read carelessly: something repeated, after a beginning."""

from itertools import product

BEGINNINGS = ("", "a fox ", "{", "--model ", "--private", "<@1000|", '"')
REPEATED = (
    *('"', "“", "„", "「", "“”", "「」", "„“", '"a'),
    *("{", "{,", ",", "{a,", "}", "{a,b}"),
    *(" ", "\t", "\n", "\r\n", "\u3000", "\u2028", "\n- ", "\n1", "\n1."),
    *(
        "-",
        "--",
        "—",
        "--a",
        "--count ",
        "--count 1 ",
        "--private ",
        "--private=",
        "--model a ",
        "--private ＝",
        "--ref 0123456789ab#1 ",
        "--layers  ",
    ),
    *("=", " = ", "/", "/imagine "),
    *("<", "<|", "<@", "<@1000>", "<@1000|", "<@1000> ", " <@1000", "<a>", "<a|b>", "&", "&amp;", "&amp;lt;"),
    *(
        "\\",
        "`",
        "_",
        "@",
        "://",
        "discord.",
        "http://",
        "https://a?",
        "data:",
        "bearer ",
        "sk-",
        "authorization: ",
        "x-a-",
        "a.",
    ),
    *(
        "a",
        "a ",
        "1",
        "1.",
        "é",
        "İ",
        "ß",
        "狐",
        "\u0323\u0301",
        "\ufdfa",
        "\u200b",
        "\ud83d",
        "\ud83d\udc4d",
        "\x00",
        "\x1f",
        "\x85",
    ),
    *("token=", "/webhooks/1", "seedream-", "2048x", "v1:again:", "RateLimit", "%", ";", "a=b;", ";;", "(", "[](", "user_id "),
)


def line(beginning: str, repeated: str, length: int) -> str:
    return (beginning + repeated * (length // len(repeated) + 1))[:length]


LINES = tuple(product(BEGINNINGS, REPEATED))
EXAMPLES = (
    ("", "“"),
    ("a", " "),
    ("{", ","),
    ("a fox", "\n"),
    ("--model ", "\u0323\u0301"),
    ("", "--count 1 "),
    ("", "--region 1,2,3,4 "),
    ("", "--point 1, "),
    ("", "<@1000|"),
    ("", "http://"),
    ("--", "ab"),
    ("", "„"),
)
"""One for each way in which this bot was slow."""
