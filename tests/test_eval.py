"""`make eval` without a model: its harness tells a model that knows all from one that knows nothing."""

from __future__ import annotations

import pytest

from bot.sandbox import engine
from tests.eval import __main__ as harness
from tests.eval.cases import CASES
from tests.fakes.model import hands_in


@pytest.fixture(autouse=True)
def _two_cases_without_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "connect", lambda: None)
    monkeypatch.setattr(harness, "CASES", CASES[3:5])
    monkeypatch.delenv("ASKFIRST_MODEL", raising=False)


def test_one_that_knows_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert harness.main() == 0
    told = capsys.readouterr().out
    assert "recall: 2 of 2" in told and "questions that mattered: 1 of 1" in told and "passed: 2 of 2" in told


def test_one_that_knows_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    nothing = {"scan": [hands_in()], "ask": [hands_in()], "fix": [hands_in(outcome="no_change")]}
    monkeypatch.setattr(harness, "_knows_all", lambda _case: nothing)
    assert harness.main() == 1
    told = capsys.readouterr().out
    assert "recall: 0 of 2" in told and "was due: 0 of 1" in told and "passed: 0 of 2" in told
