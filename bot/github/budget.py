"""What each installation may still ask of GitHub, shared by all processes through Redis."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from bot.github.alone import Alone
from bot.github.limits import LIMITS, Heard

log = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_suffix(".lua").read_text()
KEYS = ("queue", "promised", "reads", "writes", "made", "state")
_LIMITS = json.dumps(LIMITS)
AGAIN_SECONDS = 5.0  # Redis is not asked again for so long after it did not answer


class Budget:
    """Reads may go at once, writes one after another; who must wait is told how many seconds, and 0 is now.

    A *ticket* is a job: it keeps its place among those who wait, also while it is put off. `first` is what
    answers a person; it goes before bulk, which also leaves a part of each limit to it. The order and the limits
    are in `budget.lua`. Without Redis each process keeps to the limits by itself.
    """

    def __init__(self, redis_url: str, clock: Callable[[], float]) -> None:
        """`clock` tells the time as seconds since 1970."""
        self._clock, self._alone = clock, Alone(clock)
        self._redis = self._script = None
        if redis_url:
            patience = Retry(NoBackoff(), 0)
            self._redis = Redis.from_url(
                redis_url, socket_timeout=2, socket_connect_timeout=2, retry=patience
            )
            self._script = self._redis.register_script(SCRIPT)
        self._away_until = 0.0

    def read(self, installation_id: int, *, first: bool) -> float:
        """How long until a read may be sent."""
        wait = self._step(installation_id, "read", int(not first))
        return self._alone.read(installation_id) if wait is None else wait

    def turn(self, installation_id: int, ticket: str, *, first: bool, creates: bool) -> float:
        """How long until the ticket may write; with 0 it is the writer, and is to send now."""
        wait = self._step(installation_id, "turn", ticket, int(first), int(creates))
        return self._alone.turn(installation_id, creates=creates) if wait is None else wait

    def heard(self, installation_id: int, ticket: str, heard: Heard, *, wrote: bool) -> None:
        """An answer came to the ticket's request."""
        left = "" if heard.remaining is None else heard.remaining
        told = (int(wrote), heard.most, left, heard.reset)
        if self._step(installation_id, "heard", ticket, *told) is None:
            self._alone.heard(installation_id, heard, wrote=wrote)

    def refused(
        self, installation_id: int, ticket: str, seconds: float, *, named: bool, wrote: bool
    ) -> float:
        """A limit was hit: how long all of the installation waits. `named`: GitHub said the seconds."""
        wait = self._step(installation_id, "refused", ticket, int(wrote), seconds, int(named))
        return self._alone.refused(installation_id, seconds, named=named) if wait is None else wait

    def leave(self, installation_id: int, ticket: str) -> None:
        """The ticket's job is over."""
        self._step(installation_id, "leave", ticket)

    def _step(self, installation_id: int, step: str, *args: str | float) -> float | None:
        """What the script answers; None while Redis does not."""
        if self._script is None or time.monotonic() < self._away_until:
            return None
        keys = [f"askfirst:budget:{{{installation_id}}}:{key}" for key in KEYS]
        try:
            return float(self._script(keys, [step, self._clock(), _LIMITS, *args]))
        except RedisError as error:
            log.warning("Redis did not answer; this process keeps to GitHub's limits by itself: %s", error)
            self._away_until = time.monotonic() + AGAIN_SECONDS
            return None
