"""How much each caller may do: counted in Redis by fixed windows, told on every answer as `RateLimit-*`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from flask import Flask, Response, current_app, g
from redis import Redis
from redis.exceptions import RedisError

from api.errors import Refused
from bot import counters
from bot.config import Config
from bot.store import clock

What = Literal["reads", "writes", "starts"]
PATIENCE = 0.25  # seconds for Redis to answer
PAUSE = 1.0  # seconds in which a Redis that did not answer is not asked again
TOO_MANY = "This key has made its {limit} {what} of this {window}; wait for the seconds in Retry-After."


@dataclass(frozen=True)
class Left:
    """What is left of a limit; `reset` is in seconds from now."""

    limit: int
    remaining: int
    reset: int


class Limits:
    """Counts for all web processes together. Without Redis everything passes, and /metrics counts that."""

    def __init__(self, redis_url: str, config: Config) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self._of: dict[What, tuple[int, int]] = {
            "reads": (config.askfirst_reads_per_minute, 60),
            "writes": (config.askfirst_writes_per_minute, 60),
            "starts": (config.askfirst_starts_per_hour, 3600),
        }
        self._asks_again = 0.0

    def take(self, caller: str, what: What) -> None:
        """Count one more. Raises Refused, 429, when the limit is reached."""
        limit, window = self._of[what]
        now = clock.now().timestamp()
        count = self._add(self._name(caller, what), 1, window)
        left = Left(limit, max(0, limit - count), window - int(now % window))
        if what != "starts" or count > limit:
            g.limit_left = left
        if count > limit:
            message = TOO_MANY.format(limit=limit, what=what, window="hour" if window == 3600 else "minute")
            headers = {"Retry-After": str(left.reset)}
            raise Refused(429, "RATE_LIMITED", message, headers=headers, retryable=True)

    @contextmanager
    def start(self, caller: str) -> Iterator[None]:
        """Count the start of an agent, unless it is refused in the block. Raises Refused, 429."""
        name = self._name(caller, "starts")
        try:
            self.take(caller, "starts")
            yield
        except BaseException:
            self._add(name, -1, self._of["starts"][1])
            raise

    def _name(self, caller: str, what: What) -> str:
        window = int(clock.now().timestamp()) // self._of[what][1]
        return f"askfirst:limit:{what}:{caller}:{window}"

    def _add(self, name: str, amount: int, window: int) -> int:
        """The count in Redis after this one; 0 where Redis does not answer."""
        try:
            if time.monotonic() >= self._asks_again:
                count = int(self._redis.incrby(name, amount))
                if count == amount:
                    self._redis.expire(name, 2 * window)
                return count
        except RedisError as error:
            self._asks_again = time.monotonic() + PAUSE
            current_app.logger.warning("Redis did not answer, limits are not checked: %s", error)
        if amount > 0:
            counters.add("askfirst_unlimited_requests_total")
        return 0


def register(app: Flask) -> None:
    """Tell every caller what is left."""
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    if left := g.pop("limit_left", None):
        response.headers["RateLimit-Limit"] = str(left.limit)
        response.headers["RateLimit-Remaining"] = str(left.remaining)
        response.headers["RateLimit-Reset"] = str(left.reset)
    return response
