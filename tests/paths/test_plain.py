"""A plain project, which is on no GitHub: the same loop by REST alone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from bot.config import Config
from bot.domain import keys, projects
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store.db import Database
from bot.store.models import Outbox
from tests.fakes.github import FakeGitHub, serve
from tests.fakes.github.gitstore import BareRepository
from tests.house import FLAWED


class Plain:
    """A server without a GitHub App, and a key of a project there."""

    def __init__(self, config: Config, db: Database, key: str) -> None:
        self.key = key
        self.db, self.web, self.runner = db, create_app(config, db).test_client(), Runner(db, Tools(config))

    def call(self, method: str, path: str, **more: Any) -> Any:
        """What is in a REST answer; then all that follows is done."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.web.open(f"/api/v1{path}", method=method, headers=headers, **more)
        self.runner.drain()
        return answer.get_json()

    def post(self, path: str, **body: Any) -> Any:
        return self.call("POST", path, json=body)["data"]

    def put(self, path: str, **body: Any) -> Any:
        return self.call("PUT", path, json=body)["data"]

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query_string=query)["data"]

    def unfinished(self) -> list[str]:
        with self.db.read() as tx:
            return [row.job for row in tx.query(Outbox).filter(Outbox.done_at.is_(None))]


def project_at(config: Config, db: Database, url: str) -> Plain:
    """A new project at this place."""
    with db.write() as tx:
        return Plain(config, db, keys.make(tx, projects.create(tx, "shop", url), "test", [])[1])


@pytest.fixture
def place(tmp_path: Path) -> BareRepository:
    """A bare repository on disk."""
    fake = FakeGitHub(tmp_path / "github")
    owner = fake.create_user("mona")
    return fake.create_repository(owner, "shop", files=FLAWED).git


def test_the_whole_loop_by_rest_alone(config: Config, db: Database, place: BareRepository) -> None:
    plain = project_at(config, db, str(place.path))
    scan = plain.get("/issue-sessions/get", id=plain.post("/issue-sessions/start", prompt="Find bugs")["id"])
    found = plain.get("/issues/list")
    assert (scan["status"], len(found)) == ("completed", scan["counts"]["new"])
    assert all(issue["github"] is None for issue in found)

    asked = f"/answering-sessions/{plain.post('/answering-sessions', issueSessionId=scan['id'])['id']}"
    questions = plain.get("/session-questions", answeringSessionId=asked.rpartition("/")[2])
    assert plain.get(asked)["status"] == "active" and plain.get(asked)["pullRequest"] is None
    for question in questions:
        path = f"/session-questions/{question['id']}/review"
        if "default" in question["question"]:
            leave = next(one["letter"] for one in question["options"] if one["leaves"])
            plain.put(path, status="declined", correction=leave)
        else:
            plain.put(path, status="approved")
    assert plain.get(asked)["status"] == "active", "by REST it waits to be told"
    plain.put(f"{asked}/status", status="reviewed")
    session = plain.get(asked)
    assert session["status"] == "completed" and session["answersDigest"]

    before = place.refs()
    work = [issue["id"] for issue in plain.get("/issues/list", status="open")]
    chain = plain.post("/work-chains/create", title="Fixes", issueIds=work, answeringSessionId=session["id"])
    plain.post("/work-chains/start", chainId=chain["id"])
    chain = plain.get("/work-chains/get", id=chain["id"])
    assert (chain["status"], chain["pullRequest"]) == ("completed", None), chain
    branch = f"refs/heads/{chain['branchName']}"
    assert (
        set(place.refs()) - set(before) == {branch}
        and place.refs()["refs/heads/main"] == before["refs/heads/main"]
    )
    items = plain.get("/work-chains/issues", id=chain["id"])
    done = [item for item in items if item["commit"]]
    assert len(place.log(branch, "^main")) == len(done) > 0
    assert {(item["status"], item["resolution"]) for item in done} == {("completed", "merged")}
    cart = (place.read(branch, "shop/cart.py") or b"").decode()
    assert "cart=[]" in cart and "import os" not in cart, "the answers were obeyed"
    assert plain.unfinished() == []


def test_a_url_is_pushed_to_with_the_operators_own_git(
    config: Config, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGitHub(tmp_path / "github")
    server = serve(fake)
    try:
        owner = fake.create_user("mona")
        fake.create_app("askfirst")
        repository = fake.create_repository(owner, "shop", files=FLAWED, private=True)
        fake.install(owner, [repository])
        helps(tmp_path, monkeypatch, token_of(fake))
        plain = project_at(config, db, f"{server.url}/mona/shop.git")
        run = plain.post("/runs/create", issueId=unused_import(plain)["id"])
        run = plain.get("/runs/get", id=run["id"])
        assert (run["status"], run["outcome"]) == ("completed", "done"), run
        assert plain.get("/issues/get", id=run["issueId"])["status"] == "completed"
        [branch] = [name for name in repository.git.refs() if name != "refs/heads/main"]
        assert repository.git.refs()[branch] == run["commit"] and plain.unfinished() == []
    finally:
        server.stop()


def unused_import(plain: Plain) -> dict[str, Any]:
    """The issue that a scan files about it: it is fixed without a question."""
    plain.post("/issue-sessions/start", prompt="Find bugs")
    return next(dict(one) for one in plain.get("/issues/list") if "nused" in one["title"])


def token_of(fake: FakeGitHub) -> str:
    """Something that this server takes as a password."""
    from tests.fakes.github import auth

    [installation] = fake.installations.values()
    return auth.mint(fake, installation, {"contents": "write", "metadata": "read"}, None).value


def helps(home: Path, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    """The operator's git has a credential helper."""
    helper = f"!f() {{ echo username=x-access-token; echo password={password}; }}; f"
    subprocess.run(
        ["git", "config", "--file", str(home / ".gitconfig"), "credential.helper", helper], check=True
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def test_a_branch_that_the_repository_refuses_fails_with_its_words(
    config: Config, db: Database, place: BareRepository
) -> None:
    plain = project_at(config, db, str(place.path))
    hook = place.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'Only on Fridays.' >&2\nexit 1\n")
    plain.post("/runs/create", issueId=unused_import(plain)["id"])
    [failed] = plain.get("/issues/list", status="failed")
    assert failed["status"] == "failed" and "Only on Fridays." in failed["failureReason"]
