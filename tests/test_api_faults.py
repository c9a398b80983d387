"""What callers see when the database or Redis does not answer, and what the health pages say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app import create_app
from bot.config import Config
from bot.store import db as store
from bot.store.db import Database
from bot.store.models import ApiKey
from tests.rest import Rest, refused


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


@pytest.fixture
def away(config: Config, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind that cannot be reached."""
    if config.database_url.startswith("sqlite"):
        db = Database(f"sqlite:///{tmp_path / 'no folder' / 'askfirst.db'}")
    else:
        db = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    yield db
    db.close()


def test_reading_goes_on_while_another_writes(rest: Rest) -> None:
    issue = rest.issue()
    with rest.db.write() as tx:
        tx.execute(update(ApiKey).values(last_used_at=None))
        assert rest.get("/issues/get", id=issue.id).status_code == 200
    assert rest.get("/whoami").json["data"]["lastUsedAt"] is None
    assert rest.get("/whoami").json["data"]["lastUsedAt"] is not None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_is_503(config: Config, rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SQLITE_WAIT", 0)
    impatient = Database(config.database_url)
    rest.http = create_app(config, impatient).test_client()
    with rest.db.write():
        answer = rest.post("/issues/create", title="x")
        assert refused(answer, 503, "UNAVAILABLE")["retryable"] is True
        assert answer.headers["Retry-After"] == "1"
    assert rest.post("/issues/create", title="x").status_code == 201
    impatient.close()


def test_a_database_that_is_away_is_503(config: Config, rest: Rest, away: Database) -> None:
    rest.http = create_app(config, away).test_client()
    for answer in (rest.get("/whoami"), rest.post("/issues/create", title="x")):
        error = refused(answer, 503, "UNAVAILABLE")
        assert error["retryable"] is True and "nobody" not in error["message"]


def test_a_server_that_is_ready(rest: Rest) -> None:
    assert rest.http.get("/healthz").json == {"alive": True}
    answer = rest.http.get("/readyz")
    assert (answer.status_code, answer.json) == (
        200,
        {"ready": True, "database": "ok", "redis": False, "workers": None},
    )


def test_a_server_whose_database_is_away(config: Config, away: Database) -> None:
    http = create_app(config, away).test_client()
    assert http.get("/healthz").status_code == 200
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json["ready"]) == (503, False)
    assert "DATABASE_URL" in answer.json["database"]


def test_a_server_whose_database_is_not_migrated(config: Config, tmp_path: Path) -> None:
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    answer = create_app(config, fresh).test_client().get("/readyz")
    fresh.close()
    assert (answer.status_code, answer.json["ready"]) == (503, False)
    assert "askfirst migrate" in answer.json["database"]
