"""docs/benchmarks.md and its charts, written by a whole run."""

from __future__ import annotations

from pathlib import Path

from tests.bench.chart import bars
from tests.bench.figures import Figure, short

DOCS = Path(__file__).parents[2] / "docs"
INTRODUCTION = """# Benchmarks

*Made by `make bench`: do not edit.* [Performance](explanation/performance.md) says what is compared with what.

A figure is missed when it is greater than its goal. Ratios can be compared between machines; milliseconds cannot.
A ratio to a bare view, to RQ or to Probot above 1 means that Askfirst is the slower or the larger one.
"""
DATABASES = ("SQLite", "PostgreSQL")


def write(parts: dict[str, list[Figure]], machine: dict[str, str], docs: Path = DOCS) -> None:
    """Write the page, and the charts for which there are figures."""
    drawn = charts([figure for figures in parts.values() for figure in figures])
    (docs / "benchmarks").mkdir(exist_ok=True)
    for name, svg in drawn.items():
        (docs / "benchmarks" / f"{name}.svg").write_text(svg)
    (docs / "benchmarks.md").write_text(page(parts, machine, list(drawn)))


def page(parts: dict[str, list[Figure]], machine: dict[str, str], charts: list[str]) -> str:
    """What was measured on, what was missed, all ratios, then each part."""
    missed = sum(figure.missed for figures in parts.values() for figure in figures)
    text = [
        INTRODUCTION,
        f"{missed} missed." if missed else "None is missed.",
        _rows(("measured on", ""), list(machine.items())),
        *(f"![{name}](benchmarks/{name}.svg)" for name in charts),
    ]
    ratios = {"ratios": [figure for figures in parts.values() for figure in figures if figure.is_ratio]}
    rest = {name: [figure for figure in figures if not figure.is_ratio] for name, figures in parts.items()}
    for name, figures in (ratios | rest).items():
        if figures:
            rows = [_row(figure) for figure in sorted(figures, key=lambda figure: figure.goal is None)]
            text += [f"## {name[0].upper()}{name[1:]}", _rows(("measure", "measured", "goal", ""), rows)]
    return "\n\n".join(part.strip() for part in text) + "\n"


def charts(figures: list[Figure]) -> dict[str, str]:
    """Each chart's name and its SVG, of the figures that are there."""
    values = {figure.name: figure.value for figure in figures}
    workers = [f"PostgreSQL, {count}" for count in ("1 worker", "2 workers", "4 workers")]
    wanted = {
        "engine": ("Jobs that do nothing", "a second", workers, {
            "Askfirst": "the engine's empty jobs on {}", "RQ alone": "RQ's empty jobs on {}"}),
        "webhooks": ("Deliveries, four connections at once", "a second", list(DATABASES), {
            name: f"deliveries, 4 at once: {name}, on {{}}" for name in ("Askfirst", "bare view", "Probot")}),
    }  # fmt: skip
    drawn = {}
    for name, (title, unit, rows, all_lines) in wanted.items():
        lines = {
            who: line for who, line in all_lines.items() if any(line.format(row) in values for row in rows)
        }
        full = {
            row: tuple(values[line.format(row)] for line in lines.values())
            for row in rows
            if lines and all(line.format(row) in values for line in lines.values())
        }
        if full:
            drawn[name] = bars(title, unit, full, tuple(lines))
    return drawn


def _row(figure: Figure) -> tuple[str, ...]:
    goal = "" if figure.goal is None else f"at most {short(figure.goal)}"
    verdict = "" if figure.goal is None else "**MISSED**" if figure.missed else "ok"
    return figure.name, f"{short(figure.value)} {figure.unit}".strip(), goal, verdict


def _rows(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))
