"""The hourly limit of an installation, and the headers that tell of it.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .errors import Refused
from .state import Installation


def spend(now: datetime, installation: Installation, headers: dict[str, str]) -> None:
    """Count one request; 403 when the hour's are used up."""
    if installation.rate_reset is None or installation.rate_reset <= now:
        installation.rate_reset, installation.rate_used = now + timedelta(hours=1), 0
    headers |= limits(installation)
    if installation.rate_used >= installation.rate_limit:
        raise Refused(403, f"API rate limit exceeded for installation ID {installation.id}.")
    installation.rate_used += 1
    headers |= limits(installation)


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
