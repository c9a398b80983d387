"""A test project, from the command line to a chain: every run is scripted, and nothing reaches GitHub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import app
from bot.config import Config, load
from bot.store.db import Database
from tests.fakes.github.gitstore import BareRepository
from tests.house import House
from tests.paths.test_plain import Plain, place

__all__ = ["place"]  # a fixture

CART = "shop/cart.py"
FLAW = {
    "title": "The cart is shared", "rule": "R1", "priority": "high", "autofix": True,
    "locations": [{"path": CART, "startLine": 4}],
}  # fmt: skip
QUESTION = {"question": "May the default change?", "options": [{"text": "Yes"}, {"text": "Only in tests"}]}
FIXED = "def add(item, cart=None):\n    return [*(cart or []), item]\n"


def trial(config: Config, db: Database, repo: str) -> Plain:
    """A test project that the operator makes, and its key."""
    settings = {
        "DATABASE_URL": config.database_url, "ASKFIRST_HOME": str(config.askfirst_home), "REDIS_URL": "",
        "SANDBOX": "process",
    }  # fmt: skip

    def run(*words: str) -> str:
        result = CliRunner().invoke(app.main, list(words), env=settings)
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    run("project", "create", "trial", "--repo", repo, "--test")
    key = run("key", "create", "--project", "trial", "--name", "ci")
    assert key.startswith("cc_test_")
    return Plain(config, db, key)


def script(home: Path, kind: str, **result: Any) -> None:
    """What the next runs of this kind hand in."""
    (home / "scripted").mkdir(exist_ok=True)
    (home / "scripted" / f"{kind}.json").write_text(json.dumps(result))


def test_the_whole_loop_of_a_test_project(config: Config, db: Database, place: BareRepository) -> None:
    plain, home = trial(config, db, str(place.path)), config.askfirst_home
    assert plain.get("/whoami")["mode"] == plain.get("/project/get")["mode"] == "test"
    assert plain.get("/workflows/list")[0]["templateId"] == "scripted"

    script(home, "scan", issues=[FLAW], rules=["R1"], summary="Looked.")
    scan = plain.post("/issue-sessions/start", prompt="Find bugs", templateId="base")["id"]
    scan = plain.get("/issue-sessions/get", id=scan)
    assert (scan["status"], scan["templateId"], scan["counts"]["new"]) == ("completed", "scripted", 1)
    [issue] = plain.get("/issues/list")
    assert (issue["title"], issue["github"]) == (FLAW["title"], None)

    script(home, "ask", questions=[QUESTION])
    asked = plain.post("/answering-sessions", issueSessionId=scan["id"])["id"]
    [question] = plain.get("/session-questions", answeringSessionId=asked)
    assert question["question"] == QUESTION["question"] and question["issueIds"] == [issue["id"]]
    refused = plain.call("POST", "/runs/create", json={"issueId": issue["id"]})
    assert refused["error"]["code"] == "CONFLICT" and question["id"] in refused["error"]["message"]
    plain.put(f"/session-questions/{question['id']}/review", status="declined", correction="b")
    plain.put(f"/answering-sessions/{asked}/status", status="reviewed")
    assert plain.get(f"/answering-sessions/{asked}")["status"] == "completed"

    script(home, "fix", outcome="done", summary="Mended.", files={CART: FIXED})
    chain = plain.post("/work-chains/create", title="Fixes", issueIds=[issue["id"]], answeringSessionId=asked)
    plain.post("/work-chains/start", chainId=chain["id"])
    chain = plain.get("/work-chains/get", id=chain["id"])
    assert (chain["status"], chain["pullRequest"]) == ("completed", None), chain
    assert (place.read(f"refs/heads/{chain['branchName']}", CART) or b"").decode() == FIXED
    issue = plain.get("/issues/get", id=issue["id"])
    assert (issue["resolution"], issue["answers"][0]["answer"]) == ("merged", "Only in tests")

    plain.post("/issues/reopen", issueId=issue["id"])
    script(home, "scan", issues=[], rules=["R1"])
    plain.post("/issues/recheck", issueId=issue["id"])
    assert plain.get("/issues/get", id=issue["id"])["resolution"] == "gone"
    assert [run["kind"] for run in plain.get("/runs/list")] == ["scan", "fix", "ask", "scan"]
    assert {run["templateId"] for run in plain.get("/runs/list")} == {"scripted"}
    assert plain.unfinished() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_test_project_pushes_nothing_to_github(house: House) -> None:
    config = load(house.environment())
    plain = trial(config, house.db, f"{house.server.url}/mona/shop.git")
    script(config.askfirst_home, "fix", outcome="done", files={CART: FIXED})
    run = plain.post("/runs/create", issueId=plain.post("/issues/create", title="The cart is shared")["id"])
    run = plain.get("/runs/get", id=run["id"])
    assert run["status"] == "failed" and "a test project writes nothing to GitHub" in run["error"]
    assert list(house.repository.git.refs()) == ["refs/heads/main"]
    assert plain.unfinished() == [] and house.issues() == []
