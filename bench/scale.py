"""The size of each measurement: large enough to be meaningful, or the smallest that still works."""

from dataclasses import dataclass

from bench.platforms import PLATFORMS, Platform


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The counts of one run; times in seconds."""

    quick: bool
    rounds: int
    platforms: tuple[Platform, ...] = PLATFORMS
    users: int
    channels: int
    commands: int
    """At each rate of the acknowledgement figure."""
    deliveries: int
    """Sets of each kind."""
    handled: int
    """Pictures while the loop's lag is measured."""
    starts: int
    jobs_in_memory: int
    waiting: int
    waiting_channels: int
    lag_window_s: float
    settled_s: float
    """The pause before a program's memory is read."""
    unused_s: float
    """The pause in which a burst's idle connections are closed; a TLS connection holds a quarter of a megabyte."""
    open_jobs: int
    """For the restart figure."""
    persisted: int
    reservations: int
    encodings: int
    downloads: int


FULL = Scale(
    quick=False,
    rounds=3,
    users=200,
    channels=100,
    commands=1000,
    deliveries=10,
    handled=100,
    starts=5,
    jobs_in_memory=500,
    waiting=2000,
    waiting_channels=500,
    lag_window_s=5.0,
    settled_s=1.0,
    unused_s=18.0,
    open_jobs=1000,
    persisted=1000,
    reservations=2000,
    encodings=5000,
    downloads=200,
)
QUICK = Scale(
    quick=True,
    rounds=1,
    users=20,
    channels=10,
    commands=20,
    deliveries=1,
    handled=4,
    starts=1,
    jobs_in_memory=60,
    waiting=40,
    waiting_channels=20,
    lag_window_s=0.5,
    settled_s=0.2,
    unused_s=0.3,
    open_jobs=40,
    persisted=40,
    reservations=100,
    encodings=200,
    downloads=20,
)
