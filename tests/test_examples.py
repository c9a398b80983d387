"""Every curl command that is written down, run by a shell against a real server: each does what it is for."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api import ROUTES
from api.routes import IN_PATH
from bot.config import Config
from bot.domain import answering, callbacks, projects
from bot.store import clock
from bot.store.db import Database
from bot.store.models import AnsweringSession, Issue
from tests.bench.servers import ASKFIRST, HOST, server
from tests.endpoints import filled, one_of_each
from tests.rest import Rest
from tests.test_openapi import OPERATIONS

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "docs/how-to/use-rest.md", "docs/reference/rest.md")
COMMAND = re.compile(r"^curl (?:.*\\\n)*.*$", re.MULTILINE)
PLACE = re.compile(r"(?:\$ASKFIRST|/api/v1)(/[^\s\"?]*)")
# what makes curl end with the status on a line of its own
SHELL = "curl() { command curl --max-time 20 -w '\\n%{http_code}' \"$@\"; }\n"
Ids = dict[str, str]
Prepare = Callable[[Rest, Ids], object]


def first(*calls: tuple[str, str, str]) -> Prepare:
    """Make these calls before: a path, the field that names an object in the body, and its kind."""

    def prepare(rest: Rest, ids: Ids) -> None:
        for path, field, kind in calls:
            answer = rest.post(path, **{field: ids[kind]})
            assert answer.status_code < 300, answer.text

    return prepare


def asking_failed(rest: Rest, ids: Ids) -> None:
    session, _ = rest.asked()
    ids["as"] = session.id
    with rest.db.write() as tx:
        answering.failed(tx, tx.get_one(AnsweringSession, session.id), "No agent was there.")


def agent_has_its_token(rest: Rest, ids: Ids) -> None:
    with rest.db.write() as tx:
        ids["cb"] = callbacks.grant(tx.get_one(AnsweringSession, ids["as"]))


def scan_filed_it(rest: Rest, ids: Ids) -> None:
    with rest.db.write() as tx:
        tx.get_one(Issue, ids["iss"]).fingerprint = "a place"


def answered(rest: Rest, ids: Ids) -> None:
    assert rest.put(f"/session-questions/{ids['sq']}/review", status="approved").status_code == 200


def frozen(rest: Rest, ids: Ids) -> None:
    with rest.db.write() as tx:
        answering.freeze(tx, tx.get_one(AnsweringSession, ids["as"]), [])


DELETED = ("/issue-sessions/delete", "sessionId", "is")
STARTED = ("/work-chains/start", "chainId", "wc")
# what must have happened to the objects that a command names, where fresh ones will not do
READY: dict[str, Prepare] = {
    "POST /issues/reopen": first(("/issues/dismiss", "issueId", "iss")),
    "POST /issues/recheck": scan_filed_it,
    "POST /issue-sessions/restore": first(DELETED),
    "POST /issue-sessions/permanent-delete": first(DELETED),
    "PUT /answering-sessions/:id/status": answered,
    "POST /answering-sessions/:id/restore": lambda rest, ids: rest.delete(f"/answering-sessions/{ids['as']}"),
    "POST /answering-sessions/:id/retry": asking_failed,
    "POST /answering-sessions/:id/questions": agent_has_its_token,
    "GET /answering-sessions/:id/receipt": frozen,
    "POST /work-chains/pause": first(STARTED),
    "POST /work-chains/resume": first(STARTED, ("/work-chains/pause", "chainId", "wc")),
    "POST /work-chains/retry": lambda rest, ids: rest.post(
        "/work-chains/skip", chainId=ids["wc"], issueId=ids["iss"]
    ),
    "POST /trash/restore": first(("/issues/delete", "issueId", "iss")),
    "POST /trash/permanent-delete": first(("/issues/delete", "issueId", "iss")),
}


def commands() -> Iterator[tuple[str, str]]:
    """Where each command is written, and the command."""
    texts = {name: (ROOT / name).read_text() for name in PAGES}
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


def ready(rest: Rest, command: str) -> str:
    """The command with a key and with objects of a project of its own, in a state in which it does what it is for."""
    with rest.db.write() as tx:
        rest.mine = projects.create(tx, clock.new_id("another"), "/srv/another")
    rest.key = rest.new_key(project=rest.mine)
    named = re.findall(r"\b([a-z]+)_…", command)
    sets = [one_of_each(rest, rest.mine) for _ in range(max(map(named.count, named), default=1))]
    READY.get(endpoint(command), lambda rest, ids: None)(rest, sets[0])
    # each … of a kind is another object
    for ids in sets:
        for kind, value in ids.items():
            command = re.sub(rf"\b{kind}_…", value, command, count=1)
    return filled(command, sets[0])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_command_that_is_written_down_works(config: Config, db: Database, redis_url: str) -> None:
    rest, failed = Rest(config, db), []
    environment = {
        "DATABASE_URL": config.database_url, "ASKFIRST_HOME": str(config.askfirst_home), "REDIS_URL": redis_url,
    }  # fmt: skip
    with server(lambda port: [str(ASKFIRST), "web", "--port", str(port)], environment) as (port, _):
        url = f"http://{HOST}:{port}"
        for place, command in commands():
            text = ready(rest, command).replace("http://localhost:8000", url)
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


# commands of the README that are played elsewhere
ELSEWHERE = {
    "make demo": "test_demo.py",
    "make run": "test_up.py",
    "make install": "every run",
    "make test": "every run",
}


def test_the_other_commands_of_the_readme_work(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    others = [line for line in lines if re.match(r"make|\.venv|KEY=", line) and line not in ELSEWHERE]
    assert len(others) == 3
    subprocess.run(["git", "init", "--quiet", tmp_path / "repo"], check=True)
    (tmp_path / "repo" / "cart.py").write_text("def add(item, cart=[]):\n    cart.append(item)\n")
    environment = {"ASKFIRST_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    subprocess.run([ASKFIRST, "migrate"], env=environment, check=True)
    for line in others:
        command = line.replace(".venv/bin/askfirst", str(ASKFIRST)).replace(
            "/path/to/repo", str(tmp_path / "repo")
        )
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path / "repo",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert "scan" not in line or "cart.py" in done.stdout
