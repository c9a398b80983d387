"""Measuring several things in turns, so that what others do on the machine falls on all alike, and seldom."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median


def in_turns(turns: int, *measures: Callable[[], list[float]]) -> list[float]:
    """Each one's median in milliseconds, of the quarter of the turns in which all together took the least time."""
    taken = [[measure() for measure in measures] for _ in range(turns)]
    quiet = sorted(taken, key=lambda turn: sum(map(sum, turn)))[: max(1, turns // 4)]
    return [
        1000 * median(seconds for each in of_one for seconds in each) for of_one in zip(*quiet, strict=True)
    ]
