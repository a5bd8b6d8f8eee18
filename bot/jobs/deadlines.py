"""How long a job may be in one state. Every wait inside a state has an end of its own, and a shorter one: who passes these hangs."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.jobs.job import ENDS, JobState

HOUR_S = 3600.0
DEADLINES: Mapping[JobState, float] = MappingProxyType(
    {
        JobState.RECEIVED: HOUR_S,
        # Nobody wants to be surprised, or billed, by what was asked for yesterday.
        JobState.ACCEPTED: 24 * HOUR_S,
        # The longest call is cut after thirty-five minutes.
        JobState.SUBMITTING: 2 * HOUR_S,
        JobState.RUNNING: 6 * HOUR_S,
        JobState.COLLECTING: 24 * HOUR_S,
        JobState.DELIVERING: 48 * HOUR_S,
        **dict.fromkeys(ENDS, 48 * HOUR_S),
    },
)
"""Seconds."""
