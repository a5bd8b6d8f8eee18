"""The longest time that a job or a call may spend in one state. Every wait within a state is shorter: beyond it, it is stuck."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.jobs.call import Call, CallState
from bot.jobs.job import ENDS, JobState

HOUR_S = 3600.0
LONGEST_LEASE_S = HOUR_S
"""A lease that ends later than this from now was taken before the clock was set back: it is over."""
DEADLINES: Mapping[JobState, float] = MappingProxyType(
    {
        JobState.RECEIVED: HOUR_S,
        # A member no longer expects a picture, or a bill, for a request from yesterday.
        JobState.ACCEPTED: 24 * HOUR_S,
        # Longer than all states of a call together.
        JobState.RUNNING: 72 * HOUR_S,
        JobState.DELIVERING: 48 * HOUR_S,
        **dict.fromkeys(ENDS, 48 * HOUR_S),
    },
)
"""In seconds."""
CALL_DEADLINES: Mapping[CallState, float] = MappingProxyType(
    {
        CallState.PLANNED: 24 * HOUR_S,
        # The longest call times out after 35 minutes.
        CallState.SUBMITTING: 2 * HOUR_S,
        CallState.RUNNING: 6 * HOUR_S,
        CallState.COLLECTING: 24 * HOUR_S,
    },
)
"""In seconds; a call that has ended has none."""


def late_at(call: Call) -> float:
    """When an open call has been in its state for too long."""
    return call.state_since + CALL_DEADLINES[call.state]
