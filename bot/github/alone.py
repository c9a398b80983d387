"""The budget of a process that sees no other: while Redis does not answer, and for tests."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.github.limits import LIMITS, Heard, guess


@dataclass
class _Known:
    limited: bool = False
    last: float = 0.0
    made: deque[float] = field(default_factory=deque)
    blocked: float = 0.0
    guesses: int = 0


class Alone:
    """What `Budget` does, without a queue, since nobody else waits. Every wait is in seconds; 0 is now."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._all: defaultdict[int, _Known] = defaultdict(_Known)

    def read(self, installation_id: int) -> float:
        """How long until a read may be sent."""
        return max(0.0, self._all[installation_id].blocked - self._clock())

    def turn(self, installation_id: int, *, creates: bool) -> float:
        """How long until a write may be sent; with 0 it is to be sent now."""
        known, now = self._all[installation_id], self._clock()
        while known.made and known.made[0] <= now - LIMITS["hour"]:
            known.made.popleft()
        at = known.blocked
        if known.limited:
            at = max(at, known.last + LIMITS["second"], self._room(known) if creates else 0.0)
        if at > now:
            return at - now
        known.last = now
        if creates:
            known.made.append(now)
        return 0.0

    def heard(self, installation_id: int, heard: Heard, *, wrote: bool) -> None:
        """An answer came."""
        known = self._all[installation_id]
        known.limited = heard.most > 0
        known.guesses = 0 if wrote else known.guesses

    def refused(self, installation_id: int, seconds: float, *, named: bool) -> float:
        """A limit was hit: how long all of the installation waits."""
        known = self._all[installation_id]
        known.guesses = 0 if named else known.guesses + 1
        wait = seconds if named else guess(known.guesses)
        known.blocked = self._clock() + wait
        return wait

    @staticmethod
    def _room(known: _Known) -> float:
        """When the hour has room for one more creation."""
        most = int(LIMITS["creations"] - LIMITS["spare_creations"])
        return known.made[-most] + LIMITS["hour"] if len(known.made) >= most else 0.0
