"""`askfirst backup` and `restore`: nothing that was answered is lost, and nothing is changed by what is no backup."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from bot.config import Config
from bot.store.db import Database
from tests import warm
from tests.rest import Rest

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_backup_taken_while_it_is_written_to_brings_everything_back(
    config: Config, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DATABASE_URL": config.database_url, "ASKFIRST_HOME": str(config.askfirst_home), "REDIS_URL": ""
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    rest, file = Rest(config, db), tmp_path / "elsewhere" / "backup.tar.gz"
    file.parent.mkdir()
    (config.askfirst_home / "templates").mkdir()
    (config.askfirst_home / "templates" / "mine.toml").write_text('name = "mine"')
    secret = (config.askfirst_home / "secret_key").read_text()
    stopped, made = threading.Event(), []

    def write() -> None:
        while not stopped.is_set():
            made.append(rest.post("/issues/create", title="Cart forgets items").json["data"]["id"])

    writer = threading.Thread(target=write)
    writer.start()
    warm.until(lambda: len(made) > 5)
    known = list(made)
    done = invoke("backup", str(file))
    stopped.set()
    writer.join()
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = invoke("backup", str(file))
    assert again.exit_code == 1 and "does not exist yet" in again.stderr

    in_use = invoke("restore", str(file))
    assert in_use.exit_code == 1 and "is in use: stop the server first" in in_use.stderr
    db.close()
    rest.app.extensions["db"].close()
    (config.askfirst_home / "secret_key").write_text("another")
    (config.askfirst_home / "templates" / "mine.toml").unlink()
    restored = invoke("restore", str(file))
    assert restored.exit_code == 0 and "askfirst.db.before-restore" in restored.stdout, restored.output
    assert (config.askfirst_home / "secret_key").read_text() == secret
    assert (config.askfirst_home / "templates" / "mine.toml").exists()
    kept = {one["id"] for page in pages(rest) for one in page}
    assert set(known) <= kept <= set(made), "all that was answered before it began, and nothing half-done"


def pages(rest: Rest) -> Iterator[list[dict[str, Any]]]:
    after = None
    while True:
        answer = rest.get("/issues/list", **({"cursor": after} if after else {})).json
        yield answer["data"]
        after = answer["nextCursor"]
        if not after:
            return


def test_what_is_no_backup_changes_nothing(
    config: Config, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", config.database_url)
    monkeypatch.setenv("ASKFIRST_HOME", str(config.askfirst_home))
    rest = Rest(config, db)
    db.close()
    torn = tmp_path / "torn.tar.gz"
    torn.write_bytes(b"\x1f\x8b" + b"x" * 100)
    refused = invoke("restore", str(torn))
    assert refused.exit_code == 1 and "is not a whole backup" in refused.stderr
    assert rest.get("/whoami").status_code == 200
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://x@127.0.0.1:1/x")
    elsewhere = invoke("backup", str(tmp_path / "x"))
    assert elsewhere.exit_code == 1 and "pg_dump" in elsewhere.stderr


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app.main, list(arguments))
