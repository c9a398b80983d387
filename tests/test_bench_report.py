"""What `make bench` writes: every figure, with a mark at what is missed."""

from __future__ import annotations

from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.report import write

PARTS = {
    "the engine": [
        Figure("the engine's empty jobs on PostgreSQL, 1 worker", 160, "a second"),
        Figure("RQ's empty jobs on PostgreSQL, 1 worker", 190, "a second"),
        Figure("slower than wished", 2.06, "×", 2),
        Figure("as wished", 1.2, "×", 2),
    ]
}


def test_the_report_has_each_figure_and_marks_the_missed(tmp_path: Path) -> None:
    write(PARTS, {"processor": "abacus"}, tmp_path)
    written = (tmp_path / "benchmarks.md").read_text()
    assert "| processor | abacus |" in written
    assert "| slower than wished | 2.06 × | at most 2 | **MISSED** |" in written
    assert "| as wished | 1.2 × | at most 2 | ok |" in written
    assert "| RQ's empty jobs on PostgreSQL, 1 worker | 190 a second |  |  |" in written
    assert written.index("## Ratios") < written.index("as wished") < written.index("## The engine")
    assert written.index("## The engine") < written.index("the engine's empty jobs")
    assert "1 missed." in written


def test_a_chart_is_drawn_of_the_figures_that_are_there(tmp_path: Path) -> None:
    write(PARTS, {}, tmp_path)
    assert [path.name for path in (tmp_path / "benchmarks").iterdir()] == ["engine.svg"]
    assert "benchmarks/engine.svg" in (tmp_path / "benchmarks.md").read_text()
    assert "190 a second" in (tmp_path / "benchmarks" / "engine.svg").read_text()
