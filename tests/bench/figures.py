"""What is measured, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. With a `goal` it is missed when it is greater; without one it is information."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def is_ratio(self) -> bool:
        return self.unit == "×"

    @property
    def missed(self) -> bool:
        return self.goal is not None and self.value > self.goal


def table(figures: list[Figure]) -> str:
    """The figures below each other, those with a goal first."""
    rows = sorted(figures, key=lambda figure: figure.goal is None)
    width = max(len(figure.name) for figure in rows)
    return "\n".join(_line(figure, width) for figure in rows)


def _line(figure: Figure, width: int) -> str:
    value = f"{short(figure.value)} {figure.unit}".strip()
    if figure.goal is None:
        return f"  {figure.name:<{width}}  {value:>14}"
    goal = f"at most {short(figure.goal)}"
    return f"  {figure.name:<{width}}  {value:>14}   {goal:<13}  {'MISSED' if figure.missed else 'ok'}"


def short(value: float) -> str:
    """Three digits at least."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
