"""GitHub's limits for each installation, and what its answers say about them.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LIMITS = {
    "second": 1.0,  # from write to write: 60 a minute, so that the 80 creations a minute need no count
    "minute": 61.0,  # a second more, since a longer way to GitHub makes a window shorter there
    "hour": 3601.0,
    "points": 900,  # a minute
    "read": 1,
    "write": 5,
    "creations": 500,  # an hour
    # what bulk leaves for whatever answers a person
    "spare_points": 100,
    "spare_creations": 50,
    "spare_requests": 0.1,  # of the hour's
    # ours: when whoever has a turn is given up, and how long to wait where GitHub does not say
    "late": 10.0,
    "writing": 20.0,
    "guess": 60.0,
    "longest_guess": 3600.0,
}


@dataclass(frozen=True)
class Heard:
    """`most` requests an hour, 0 on a server without limits; `remaining` of them until `reset`, None where not told."""

    most: int
    remaining: int | None = None
    reset: float = 0.0

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Heard:
        """Read an answer's headers; those of GraphQL count other things."""
        told = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
        if not all(map(str.isdecimal, told)):
            return cls(0)
        most, remaining, reset = map(int, told)
        return cls(most) if headers.get("x-ratelimit-resource") == "graphql" else cls(most, remaining, reset)


def guess(times: int) -> float:
    """How long to wait after so many limits in a row of which GitHub did not say when they end."""
    return min(LIMITS["longest_guess"], LIMITS["guess"] * 2.0 ** (times - 1))
