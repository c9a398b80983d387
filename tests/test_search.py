"""Words in titles: the same answers whichever way they are found, and by old rows too."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.config import Config
from bot.domain import issues
from bot.store import search
from bot.store.db import Database
from bot.store.migrate import migrate, settings
from bot.store.words import words
from tests.rest import Rest

TITLES = [
    "Mutable default in cart.add", "Überschattete Variable x", "Mutable argument in cart", "cart", "CART-WHEEL",
    "don't add", "addition in carts_2", "漢字 in 東京", "\uff26\uff55\uff4c\uff4c width",
    "²", "!!", "㍿" * 200, "a" * 200, "Ærø ﬁx",
]  # fmt: skip
ASKED = [
    "cart", "cart add", "add cart", "cart.add", "mut", "utable", "MUTABLE def", "uber", "ÜBER", "x", "in", "a", "aa",
    "2", "²", "漢", "東京 漢字", "full", "fix", "ærø", "don t", "nothing", "株式会社", "cart nothing", "a" * 200,
]  # fmt: skip


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def found(rest: Rest, asked: str, **filters: Any) -> list[str]:
    with rest.db.read() as tx:
        return [issue.title for issue in issues.listed(tx, rest.mine.id, words=asked, **filters).rows]


def matches(title: str, asked: str) -> bool:
    return all(any(word.startswith(start) for word in words(title)) for start in words(asked))


def test_each_way_to_find_words_finds_the_same(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    titles = [*TITLES, *TITLES[:3]]
    for title in titles:
        rest.issue(title=title), rest.issue(rest.theirs, title=title)
    for near, few in [(1000, 1000), (1, 1000), (3, 2), (1, 0), (100, 1)]:
        monkeypatch.setattr(search, "NEAR", near)
        monkeypatch.setattr(search, "FEW", few)
        for asked in ASKED:
            expected = [title for title in titles[::-1] if matches(title, asked)]
            assert found(rest, asked) == expected, (near, few, asked)
            assert found(rest, asked, status="open", limit=2) == expected[:2], (near, few, asked)


def test_the_index_follows_the_titles(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "NEAR", 1)
    old, other = rest.issue(title="The old title"), rest.issue(title="Another")
    rest.issue(title="The newest"), rest.issue(title="The very newest")
    rest.post("/issues/update", issueId=old.id, title="A fresh name")
    rest.post("/issues/delete", issueId=other.id)
    assert found(rest, "fresh") == ["A fresh name"]
    assert found(rest, "old") == found(rest, "another") == []


def test_titles_from_before_the_index_are_found(rest: Rest) -> None:
    rest.issue(title="Mutable default in cart.add")
    with rest.db.write() as tx:
        alembic = settings()
        alembic.attributes["connection"] = tx.connection()
        revision = ScriptDirectory.from_config(alembic).get_revision("0006")
        command.downgrade(alembic, str(revision.down_revision))
        tx.execute(text("UPDATE issues SET title = 'Überschattete Variable'"))
    migrate(rest.db)
    assert found(rest, "uberschattete") == ["Überschattete Variable"]
