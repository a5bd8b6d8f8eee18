"""Typical commands, jobs and requests."""

from bot.catalog.profiles import profile
from bot.commands.command import Generate, Options, Origin
from bot.config.settings import Defaults, GatewaySettings, Secret
from bot.ids import EventId, PlatformName, UserId, WorkspaceId, new_job_id
from bot.jobs.job import NewJob
from bot.requests.building import build_request
from bot.requests.references import Reference
from bot.requests.request import Request, RequestSpec
from bot.wallet.ledger import Hold

PROMPT = (
    "a red fox in deep snow at dawn, long shadows between birches, breath in the cold air, 35 mm photograph, "
    "soft light from the left, the tail in focus and the forest behind it lost in fog"
)
DAY = "day:2026-11-20"
MEMBERS = 200


def sample_job(number: int) -> NewJob:
    return NewJob(
        id=new_job_id(),
        events=(EventId(f"discord:{10**18 + number}"),),
        origin=Origin(
            platform=PlatformName("discord"),
            workspace=WorkspaceId("1100000000000000001"),
            user=UserId(f"discord:1300000000000000{number % MEMBERS:03}"),
            received_at=1_795_150_000.0,
            roles=("discord:1400000000000000001",),
            address={"channel": "1200000000000000001", "token": "a" * 180},
        ),
        command=Generate(verb="imagine", prompt=PROMPT, options=Options(count=2, ratio="16:9")),
    )


def sample_hold(job: NewJob) -> Hold:
    return Hold(user=job.origin.user, window=DAY, images=2, granted=1_000_000, renews_at=0.0)


def sample_request(dialect: str, *, references: tuple[Reference, ...] = ()) -> Request:
    """Return the dialect's request for two pictures."""
    settings = GatewaySettings(name=dialect, dialect=dialect, api_key=Secret("a key"), base_url="https://gateway.test/v1")
    spec = RequestSpec(prompt=PROMPT, options=Options(count=2, size="2K"), references=references)
    return build_request(spec, profile(settings, default_model="5.0-lite"), Defaults())
