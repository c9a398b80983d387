"""The project by REST, what can be chosen in it, and what a pause stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.domain import answering, issues
from bot.store.db import Database
from bot.store.models import Project
from tests.conftest import Clock
from tests.house import House
from tests.rest import Rest, refused
from tests.rounds import due_now
from tests.test_api_chains import of, worked

FIELDS = "id name mode url github defaultBranch pausedReason createdAt config configError"
DEFAULTS = {
    "mirror.enabled": True, "mirror.max_new_per_scan": 20, "questions.max": 5, "questions.keep_file": False,
    "questions.settle_seconds": 120, "protected_paths": [".github/**", "CODEOWNERS", ".askfirst/**"],
}  # fmt: skip


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def test_a_plain_project(rest: Rest, frozen: Clock) -> None:
    project = of(rest.get("/project/get"))
    assert " ".join(project) == FIELDS
    told = {
        "id": rest.mine.id, "name": "mine", "mode": "live", "url": "/srv/mine", "github": None,
        "defaultBranch": None, "pausedReason": None, "configError": None,
    }  # fmt: skip
    assert told.items() <= project.items()
    assert DEFAULTS.items() <= {each["key"]: each["value"] for each in project["config"]}.items()
    assert {(each["file"], each["line"]) for each in project["config"]} == {(None, None)}


@pytest.mark.parametrize(("url", "shown"), [
    ("https://bot:secret@git.test/shop.git", "https://git.test/shop.git"),
    ("https://bot:s@cret@git.test/shop.git", "https://git.test/shop.git"),
    ("ssh://git:secret@git.test/shop.git", "ssh://git.test/shop.git"),
    ("https://git.test/a@b/shop.git", "https://git.test/a@b/shop.git"),
    ("git@git.test:shop.git", "git@git.test:shop.git"),
    ("/srv/a@b:c", "/srv/a@b:c"),
])  # fmt: skip
def test_the_operator_s_password_is_not_shown(rest: Rest, url: str, shown: str) -> None:
    with rest.db.write() as tx:
        tx.get_one(Project, rest.mine.id).url = url
    assert of(rest.get("/project/get"))["url"] == shown
    assert of(rest.get("/work-chains/get", id=rest.chain().id))["githubRepoUrl"] == shown


def test_each_value_of_the_configuration_and_where_it_is_written(house: House) -> None:
    def settings() -> dict[str, tuple[Any, str | None, int | None]]:
        project = house.get("/project/get")["data"]
        return {each["key"]: (each["value"], each["file"], each["line"]) for each in project["config"]}

    def write(text: str) -> dict[str, Any]:
        house.mona.pushes(house.repository, {".github/askfirst.yml": text}, "Settings")
        house.scan()
        return dict(house.get("/project/get")["data"])

    file = ".github/askfirst.yml"
    text = "# ours\nquestions:\n  # few\n  max: 3\nmirror: {enabled: true}\nprotected_paths:\n- docs/**\n"
    project = write(text)
    assert project["github"] == {
        "repositoryId": house.repository.id, "installationId": house.installation.id,
    }  # fmt: skip
    assert (project["url"], project["defaultBranch"]) == (f"{house.server.url}/mona/shop", "main")
    good = settings()
    assert good["questions.max"] == (3, file, 4) and good["mirror.enabled"] == (True, file, 5)
    assert good["protected_paths"] == (["docs/**"], file, 6)
    assert good["questions.keep_file"] == (False, None, None)
    assert good["workflows"] == ({}, None, None)
    assert write("\n\nquestions:\n  max: none\n")["configError"] == (
        f"{file}, line 4: questions.max must be a whole number."
    )
    assert settings() == good, "the last good one stays in force"
    assert write("questions: {max: 4}")["configError"] is None
    assert settings()["questions.max"] == (4, file, 1)
    assert settings()["protected_paths"] == (DEFAULTS["protected_paths"], None, None)


def test_what_a_workflow_may_be(rest: Rest) -> None:
    answer = rest.get("/workflows/list").json
    assert answer == {
        "data": [{"id": "default", "templateId": "base", "verify": None, "minutes": 30}],
        "nextCursor": None,
        "hasMore": False,
    }


def test_what_a_template_may_be(config: Config, db: Database, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    own = 'name = "ours"\nagent = "program"\ncommand = ["./scan"]\n[limits]\nmemory_mb = 512\n'
    (tmp_path / "templates" / "ours.toml").write_text(own)
    rest = Rest(config, db)
    found = {each["id"]: each for each in of(rest.get("/templates/list"))}
    assert list(found) == sorted(found) and {"base", "scripted"} < set(found)
    assert (found["base"]["agent"], found["base"]["kinds"]) == ("keyless", ["scan", "ask", "fix"])
    assert "analyzers" in found["base"]["description"]
    assert found["ours"] == {
        "id": "ours", "description": "", "agent": "program", "kinds": ["scan"],
        "limits": {"memoryMb": 512, "cpuCount": 2, "timeoutMs": 600_000},
    }  # fmt: skip
    for each in found:
        assert of(rest.post("/issue-sessions/start", prompt="x", templateId=each))["templateId"] == each


def test_a_pause_has_a_reason_and_an_end(rest: Rest) -> None:
    paused = of(rest.post("/project/pause", reason=" We move house. "))
    assert paused["pausedReason"] == "We move house." and of(rest.get("/project/get")) == paused
    assert of(rest.post("/project/pause"))["pausedReason"] == "key:ci paused it"
    assert of(rest.post("/project/resume"))["pausedReason"] is None
    assert of(rest.post("/project/resume"))["pausedReason"] is None
    for reason in (" ", "x" * 201, 3):
        refused(rest.post("/project/pause", reason=reason), 400, "VALIDATION", "reason")
    theirs = rest.call("GET", "/project/get", rest.new_key(project=rest.theirs))
    assert of(theirs)["pausedReason"] is None


def test_nothing_starts_in_a_paused_project(rest: Rest) -> None:
    issue, scanned, chain = rest.issue().id, rest.issue(), rest.chain().id
    failed, [paused, stopped] = rest.chain().id, [rest.chain().id for _ in range(2)]
    unanswered = rest.asked()[0].id
    with rest.db.write() as tx:
        answering.failed(tx, answering.get(tx, rest.mine.id, unanswered), "no disk")
        issues.get(tx, rest.mine.id, scanned.id).fingerprint = "a print"
    for each in (failed, paused, stopped):
        of(rest.post("/work-chains/start", chainId=each))
    worked(rest, failed, "failed")
    of(rest.post("/work-chains/pause", chainId=paused))
    [failed_issue] = [each["id"] for each in of(rest.get("/work-chains/issues", id=failed))]
    of(rest.post("/project/pause", reason="We move house."))
    starts = [
        ("/issue-sessions/start", {"prompt": "x"}),
        ("/answering-sessions", {"issueIds": [issue]}),
        (f"/answering-sessions/{unanswered}/retry", {}),
        ("/work-chains/start", {"chainId": chain}),
        ("/work-chains/start", {"chainId": failed}),
        ("/work-chains/resume", {"chainId": paused}),
        ("/work-chains/resume", {"chainId": stopped}),
        ("/work-chains/retry", {"chainId": failed, "issueId": failed_issue}),
        ("/work-chains/skip", {"chainId": failed, "issueId": failed_issue}),
        ("/runs/create", {"issueId": issue}),
        ("/issues/recheck", {"issueId": scanned.id}),
    ]
    for path, body in starts:
        error = refused(rest.post(path, **body), 409, "CONFLICT")
        assert error["message"] == "The project is paused: We move house. Resume it first.", path
    assert of(rest.get("/runs/list", status="queued")) == []
    of(rest.post("/project/resume"))
    assert [each["chainId"] for each in of(rest.get("/runs/list", status="queued"))] == [stopped]
    for path, body in starts[:1] + starts[3:4] + starts[5:6]:
        of(rest.post(path, **body))


def test_what_follows_by_itself_waits_for_the_end_of_a_pause(house: House) -> None:
    scan = house.post("/issue-sessions/start", prompt="Find bugs")["data"]
    asked = house.post("/answering-sessions", issueSessionId=scan["id"])["data"]
    house.post("/project/pause")
    house.settle()
    runs = [house.get("/runs/get", id=scan["runId"])["data"]]
    assert [run["status"] for run in runs] == ["queued"]
    house.post("/project/resume")
    due_now(house)
    assert house.get("/issue-sessions/get", id=scan["id"])["data"]["status"] == "completed"
    due_now(house)
    assert house.get(f"/answering-sessions/{asked['id']}")["data"]["questionCount"] > 0
    assert house.unfinished() == []
