"""The counters of all processes together, kept in Redis for /metrics; one that was emptied counts from 0 again."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from redis import Redis
from redis.exceptions import RedisError

from bot import counters
from bot.counters import Series

COUNTED, TOLD = "askfirst:counted", "askfirst:told"
EVERY = 1.0  # seconds between two visits to Redis
PATIENCE = 0.25  # seconds for Redis to answer
PAUSE = 5.0  # seconds in which a Redis that did not answer is not asked again


class Counted:
    """This process' way to the counters of all. Without Redis, what it counted waits here."""

    def __init__(self, redis_url: str) -> None:
        self._redis = (
            Redis.from_url(redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
            if redis_url
            else None
        )
        self._next = 0.0

    def flush(self, *, now: bool = False) -> None:
        """Bring what this process counted to the others: once a second at most, unless `now`."""
        if self._redis is None or (time.monotonic() < self._next and not now):
            return
        self._next = time.monotonic() + EVERY
        counted, told = counters.take()
        try:
            with self._redis.pipeline() as together:
                for series, amount in counted.items():
                    together.hincrbyfloat(COUNTED, json.dumps(series), amount)
                for series, value in told.items():
                    together.hset(TOLD, json.dumps(series), value)
                together.execute()
        except RedisError:
            self._next = time.monotonic() + PAUSE
            counters.give_back(counted, told)

    def read(self) -> dict[Series, float]:
        """All that was counted and told; what this process alone knows while Redis does not answer."""
        self.flush(now=True)
        found: dict[Series, float] = {}
        try:
            for kept in (COUNTED, TOLD) if self._redis else ():
                there: Mapping[bytes, bytes] = self._redis.hgetall(kept)  # type: ignore[union-attr, assignment]
                found |= {_series(name): float(value) for name, value in there.items()}
        except RedisError:
            pass
        counted, told = counters.take()
        counters.give_back(counted, told)
        return found | {series: found.get(series, 0) + amount for series, amount in counted.items()} | told


def _series(written: bytes) -> Series:
    name, labels = json.loads(written)
    return name, tuple((label, value) for label, value in labels)
