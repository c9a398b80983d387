"""What callers see when the database or Redis does not answer, and what the health pages say."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from app import create_app
from bot.config import Config
from bot.domain import keys
from bot.store import db as store
from bot.store.db import Database
from bot.store.models import ApiKey
from tests.rest import Rest, refused


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


@pytest.fixture
def impatient(config: Config, rest: Rest, monkeypatch: pytest.MonkeyPatch) -> Rest:
    """The same caller at a server that does not wait for locks."""
    monkeypatch.setattr(store, "SQLITE_WAIT", 0)
    rest.http = create_app(config, Database(config.database_url)).test_client()
    return rest


def test_a_locked_database_is_503_and_reading_goes_on(impatient: Rest) -> None:
    issue = impatient.issue()
    with impatient.db.write() as tx:
        hold_everything(tx)
        assert impatient.get("/issues/get", id=issue.id).status_code == 200
        if tx.get_bind().dialect.name == "sqlite":
            answer = impatient.post("/issues/create", title="x")
            assert refused(answer, 503, "UNAVAILABLE")["retryable"] is True
            assert answer.headers["Retry-After"] == "1"
    assert impatient.get("/whoami").json["data"]["lastUsedAt"] is None
    assert impatient.get("/whoami").json["data"]["lastUsedAt"] is not None
    assert impatient.post("/issues/create", title="x").status_code == 201


def hold_everything(tx: store.Session) -> None:
    """What any writer holds on SQLite; on PostgreSQL the row of the key."""
    keys.note_use(tx, tx.query(ApiKey).one().id)
    tx.execute(text("UPDATE api_keys SET last_used_at = NULL"))


def unreachable(config: Config, tmp_path: Path) -> Database:
    if config.database_url.startswith("sqlite"):
        return Database(f"sqlite:///{tmp_path / 'no folder' / 'askfirst.db'}")
    return Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")


def test_a_database_that_is_away_is_503(config: Config, rest: Rest, tmp_path: Path) -> None:
    rest.http = create_app(config, unreachable(config, tmp_path)).test_client()
    for answer in (rest.get("/whoami"), rest.post("/issues/create", title="x")):
        error = refused(answer, 503, "UNAVAILABLE")
        assert error["retryable"] is True and "nobody" not in error["message"]


def test_a_server_that_is_ready(rest: Rest) -> None:
    assert rest.http.get("/healthz").json == {"alive": True}
    answer = rest.http.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"ready": True, "database": "ok", "redis": False})


def test_a_server_whose_database_is_away(config: Config, tmp_path: Path) -> None:
    http = create_app(config, unreachable(config, tmp_path)).test_client()
    assert http.get("/healthz").status_code == 200
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json["ready"]) == (503, False)
    assert "DATABASE_URL" in answer.json["database"]


def test_a_server_whose_database_is_not_migrated(config: Config, tmp_path: Path) -> None:
    http = create_app(config, Database(f"sqlite:///{tmp_path / 'fresh.db'}")).test_client()
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json["ready"]) == (503, False)
    assert "askfirst migrate" in answer.json["database"]
