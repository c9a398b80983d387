"""The one clock (tests turn it by hand) and the ids that sort by it."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: sorts, and has no l, o, i or u
_lock = threading.Lock()
_last = 0


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """`prefix_` and 26 characters that sort by the time they were made in this process."""
    global _last
    with _lock:
        fresh = int(now().timestamp() * 1000) << 80 | secrets.randbits(80)
        # two ids of one millisecond keep their order: the later one counts on from the earlier
        _last = fresh if fresh >> 80 > _last >> 80 else _last + 1 + secrets.randbits(32)
        return _written(prefix, _last)


def first_id(prefix: str, moment: datetime) -> str:
    """What sorts before every id that was made at that time or later."""
    return _written(prefix, int(moment.timestamp() * 1000) << 80)


def _written(prefix: str, number: int) -> str:
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
