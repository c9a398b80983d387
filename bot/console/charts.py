"""Findings over time, drawn here: what a page shows needs no script."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.issues import PRIORITIES
from bot.domain.trends import Day

WIDTH, HEIGHT, BARS = 640, 150, 60


@dataclass(frozen=True)
class Chart:
    """Stacked areas of what is open by priority (worst at the bottom), and bars of what came and what went.

    `areas`: (priority, points); `bars`: (x, y, width, height, "new" or "gone"); both in SVG's own units.
    """

    days: list[Day]
    most_open: int
    most_moved: int
    areas: list[tuple[str, str]]
    bars: list[tuple[float, float, float, float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    bars_height: int = BARS


def findings(days: list[Day]) -> Chart:
    """The chart of these days."""
    most_open = max(1, *(day.open.total() for day in days))
    most_moved = max(1, *(max(day.new.total(), day.gone.total()) for day in days))
    step = WIDTH / len(days)
    return Chart(days, most_open, most_moved, _areas(days, most_open), _bars(days, most_moved, step))


def _areas(days: list[Day], most: int) -> list[tuple[str, str]]:
    across = [round(at * WIDTH / (len(days) - 1), 1) for at in range(len(days))]
    below = [0] * len(days)
    areas = []
    for priority in reversed(PRIORITIES):
        above = [under + day.open[priority] for under, day in zip(below, days, strict=True)]
        if above != below:
            edge = [*zip(across, above, strict=True), *reversed([*zip(across, below, strict=True)])]
            areas.append((priority, " ".join(f"{x},{HEIGHT - y * HEIGHT / most:.1f}" for x, y in edge)))
        below = above
    return areas


def _bars(days: list[Day], most: int, step: float) -> list[tuple[float, float, float, float, str]]:
    half, bars = BARS / 2, []
    for at, day in enumerate(days):
        for kind, count in (("new", day.new.total()), ("gone", day.gone.total())):
            tall = round(count * (half - 2) / most, 1)
            if tall:
                y = half - tall if kind == "new" else half
                bars.append((round(at * step + 1, 1), round(y, 1), round(step - 2, 1), tall, kind))
    return bars
