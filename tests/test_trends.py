"""Findings over time: what came, what went and what was open at each day's end."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from bot.domain import issues, projects, states, trends
from bot.store import clock
from bot.store.db import Database
from bot.store.models import Issue


def test_each_day_says_what_came_what_went_and_what_was_open(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.now().replace(hour=12)

    def on(days_ago: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: today - timedelta(days=days_ago))
        monkeypatch.setattr(clock, "_last", 0)  # ids never go back; here time does

    with db.write() as tx:
        project = projects.create(tx, "shop", "/srv/shop")

        def made(title: str, priority: str) -> str:
            return issues.create(tx, project, title=title, priority=priority, created_by="key:t").id

        on(40)
        old = made("Old", "high")
        on(29)
        first = made("First", "low")
        on(2)
        made("Second", "high")
        for issue in (old, first):
            states.move(tx.get_one(Issue, issue), "closed")
        issues.dismiss(tx, project, made("No finding", "high"))
        on(1)
        issues.delete(tx, project, made("By mistake", "critical"))
        on(0)
        made("Third", "low")
    with db.read() as tx:
        days = trends.of(tx, project.id)
        assert trends.open_now(tx, project.id) == Counter(high=1, low=1)
    assert [day.on for day in days] == [(today - timedelta(days=ago)).date() for ago in reversed(range(30))]
    told = [(+day.new, +day.gone, +day.open) for day in days]
    assert told[0] == (Counter(low=1), Counter(), Counter(high=1, low=1))
    assert told[1] == told[26] == (Counter(), Counter(), Counter(high=1, low=1))
    assert told[27] == (Counter(high=1), Counter(high=1, low=1), Counter(high=1))
    assert told[28] == (Counter(), Counter(), Counter(high=1))
    assert told[29] == (Counter(low=1), Counter(), Counter(high=1, low=1))
