"""Every curl command that is written down, run by a shell against a real server: each does what it is for."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api import ROUTES
from api.routes import IN_PATH
from api.schemas.shown import an_id
from bot.config import Config
from bot.domain import answering
from bot.store.db import Database
from bot.store.models import AnsweringSession
from tests.bench.servers import ASKFIRST, HOST, server
from tests.endpoints import filled, one_of_each
from tests.rest import Rest
from tests.test_openapi import OPERATIONS

ROOT = Path(__file__).parent.parent
COMMAND = re.compile(r"^curl (?:.*\\\n)*.*$", re.MULTILINE)
PLACE = re.compile(r"(?:\$ASKFIRST|/api/v1)(/[^\s\"?]*)")
# what makes curl end with the status on a line of its own
SHELL = "curl() { command curl --max-time 20 -w '\\n%{http_code}' \"$@\"; }\n"
Ids = dict[str, str]


def asking_failed(rest: Rest, ids: Ids) -> None:
    session, _ = rest.asked()
    with rest.db.write() as tx:
        answering.failed(tx, tx.get_one(AnsweringSession, session.id), "No agent was there.")
    ids["as"] = session.id


# what must have happened to the objects that a command names, where fresh ones will not do
READY: dict[str, Callable[[Rest, Ids], object]] = {
    "POST /issue-sessions/restore": lambda rest, ids: rest.post(
        "/issue-sessions/delete", sessionId=ids["is"]
    ),
    "POST /issue-sessions/permanent-delete": lambda rest, ids: rest.post(
        "/issue-sessions/delete", sessionId=ids["is"]
    ),
    "PUT /answering-sessions/:id/status": lambda rest, ids: rest.put(
        f"/session-questions/{ids['sq']}/review", status="approved"
    ),
    "POST /answering-sessions/:id/restore": lambda rest, ids: rest.delete(f"/answering-sessions/{ids['as']}"),
    "POST /answering-sessions/:id/retry": asking_failed,
}


def commands() -> Iterator[tuple[str, str]]:
    """Where each command is written, and the command."""
    texts = {name: (ROOT / name).read_text() for name in ("README.md", "docs/rest.md")}
    texts |= {f"/docs, {name}": operation["description"] for name, operation in OPERATIONS.items()}
    for place, text in texts.items():
        for command in COMMAND.findall(text):
            yield place, command


def endpoint(command: str) -> str:
    """The endpoint that a command calls, as `POST /issues/create`."""
    given = re.search(r"-X (\w+)", command)
    method = given[1] if given else "POST" if "--json" in command or " -d " in command else "GET"
    [path] = PLACE.findall(command)
    for route in ROUTES:
        if route.method == method and re.fullmatch(IN_PATH.sub("[^/]+", route.path), path):
            return f"{method} {route.path}"
    raise AssertionError(f"no endpoint is called by {command}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_command_that_is_written_down_works(config: Config, db: Database, redis_url: str) -> None:
    rest = Rest(config, db)
    environment = {
        "DATABASE_URL": config.database_url, "ASKFIRST_HOME": str(config.askfirst_home), "REDIS_URL": redis_url,
        "ASKFIRST_WRITES_PER_MINUTE": "10000", "ASKFIRST_STARTS_PER_HOUR": "10000",
    }  # fmt: skip
    failed = []
    with server(lambda port: [str(ASKFIRST), "web", "--port", str(port)], environment) as (port, _):
        url = f"http://{HOST}:{port}"
        for place, command in commands():
            ids = one_of_each(rest, rest.mine)
            READY.get(endpoint(command), lambda rest, ids: None)(rest, ids)
            text = re.sub(r"\b([a-z]+)_…", lambda named: an_id(named[1]), command)
            text = filled(text, ids).replace("http://localhost:8000", url)
            said = subprocess.run(
                ["bash", "-c", SHELL + text],
                env={"ASKFIRST": f"{url}/api/v1", "KEY": rest.key, "PATH": "/usr/bin:/bin"},
                capture_output=True, text=True, check=False,
            ).stdout  # fmt: skip
            if not said.endswith(("\n200", "\n201")):
                failed.append(f"{place}: {command}\n{said}\n(READY may need a line for {endpoint(command)})")
    assert not failed, "\n\n".join(failed)


def test_every_endpoint_has_a_command() -> None:
    assert {endpoint(command) for _, command in commands()} == {
        f"{route.method} {route.path}" for route in ROUTES
    }
