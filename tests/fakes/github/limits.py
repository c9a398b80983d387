"""The limits of an installation, and the headers that tell of them; only where `fake.limited` is set.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from .errors import Refused
from .state import Installation

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
POINTS_A_MINUTE, CREATIONS_A_MINUTE, CREATIONS_AN_HOUR = 900, 80, 500
POINTS = {"read": 1, "write": 5, "creation": 5}
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass
class Spent:
    """What an installation has asked for: when, and what for."""

    asked: list[tuple[datetime, str]] = field(default_factory=list)

    def since(self, moment: datetime) -> list[str]:
        return [kind for _, kind in takewhile(lambda one: one[0] > moment, reversed(self.asked))]


def kind_of(method: str) -> str:
    """What a REST request counts as."""
    return {"GET": "read", "POST": "creation"}.get(method, "write")


def spend(now: datetime, installation: Installation, spent: Spent, kind: str) -> None:
    """Count one request; 403 when the hour's are used up, or when it breaks one of the secondary limits."""
    if installation.rate_reset is None or installation.rate_reset <= now:
        installation.rate_reset, installation.rate_used = now + HOUR, 0
    if installation.rate_used >= installation.rate_limit:
        raise Refused(403, f"API rate limit exceeded for installation ID {installation.id}.")
    installation.rate_used += 1
    minute = spent.since(now - MINUTE)
    if (
        sum(POINTS[what] for what in minute) + POINTS[kind] > POINTS_A_MINUTE
        or (kind != "read" and set(spent.since(now - SECOND)) - {"read"})
        or (kind == "creation" and minute.count(kind) >= CREATIONS_A_MINUTE)
        or (kind == "creation" and spent.since(now - HOUR).count(kind) >= CREATIONS_AN_HOUR)
    ):
        raise Refused(403, SECONDARY)
    spent.asked.append((now, kind))


def limits(installation: Installation | None) -> dict[str, str]:
    limit, used = (installation.rate_limit, installation.rate_used) if installation else (5000, 1)
    reset = installation.rate_reset if installation else None
    values = {
        "limit": limit,
        "remaining": limit - used,
        "used": used,
        "reset": int(reset.timestamp()) if reset else 0,
    }
    return {f"x-ratelimit-{name}": str(value) for name, value in values.items()} | {
        "x-ratelimit-resource": "core"
    }
