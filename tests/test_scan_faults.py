"""Scans that go wrong, as the API shows them: each says why, and nothing is filed or closed."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain import projects, sessions
from bot.jobs import live
from bot.store.models import IssueSession
from tests.house import FLAWED, House

# what the database has no part in is tried on one of them
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CART = {"path": "shop/cart.py", "startLine": 4}


def script(house: House, **result: Any) -> None:
    """What the agent of template `scripted` does from now on."""
    file = house.config.askfirst_home / "scripted" / "scan.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(result))


def scripted(house: House, **result: Any) -> dict[str, Any]:
    script(house, **result)
    return house.scan(templateId="scripted")


def failed(house: House, session: dict[str, Any]) -> str:
    """The reason of a session that failed; its run has it too, and nothing came of it."""
    assert session["status"] == "failed", session
    run = house.get("/runs/get", id=session["runId"])["data"]
    assert (run["status"], run["error"]) == ("failed", session["error"])
    assert session["completedAt"] and run["completedAt"]
    assert house.get("/issues/list")["data"] == [] and house.unfinished() == []
    return str(session["error"])


def log(house: House, session: dict[str, Any], after: int = 0) -> str:
    query = {"id": session["runId"], "after": after}
    return house.web.get("/api/v1/runs/log", query_string=query, headers=house.headers()).text


# an agent that misbehaves


def test_an_agent_that_ends_badly_fails_its_run_with_the_end_of_its_log(house: House) -> None:
    lines = [f"line {number}" for number in range(500)]
    session = scripted(house, lines=[*lines, "the disk is full"], exitCode=3, issues=[])
    error = failed(house, session)
    assert error.startswith("the agent ended with exit code 3\n")
    assert error.endswith("line 499\nthe disk is full") and "line 1\n" not in error
    assert log(house, session) == "\n".join([*lines, "the disk is full", ""])


@on_sqlite
@pytest.mark.parametrize(
    ("result", "where"),
    [
        ({"issues": "none"}, "issues"),
        ({"issues": [{"description": "no title"}]}, "issues.0.title"),
        ({"issues": [{"title": "x", "priority": "urgent"}]}, "issues.0.priority"),
        ({"issues": [], "verdict": "fine"}, "verdict"),
    ],
)
def test_an_agent_that_hands_in_something_else_fails_its_run(
    house: House, result: dict[str, Any], where: str
) -> None:
    error = failed(house, scripted(house, lines=["thinking"], **result))
    assert error.startswith(f"result.json is malformed: {where}: ")
    assert error.endswith("\n\nthinking")


def test_an_agent_that_hangs_is_stopped_at_its_time(house: House) -> None:
    script(house, lines=["thinking"], seconds=600)
    with house.db.write() as tx:
        project = projects.find(tx, "mona/shop")
        started = sessions.start(
            tx, project, prompt="x", created_by="test", template_id="scripted", timeout_ms=700
        )
    house.settle()
    session = house.get("/issue-sessions/get", id=started.id)["data"]
    error = failed(house, session)
    assert error.startswith("the agent ran out of time: killed after 0.") and error.endswith("thinking")
    assert log(house, session) == "thinking\n"


def test_odd_output_is_shown_as_far_as_it_can_be(house: House) -> None:
    odd = {"progress": {"stage": "a\0b", "percent": 5, "message": "c\0d"}}
    wrong = {"progress": {"stage": "x", "percent": 700}}
    error = failed(house, scripted(house, lines=["a\0b", odd, wrong, "ü"], exitCode=1, issues=[]))
    assert error.startswith("the agent ended with exit code 1\n") and error.endswith("\nü")


def test_what_does_not_exist_is_dropped_and_the_rest_is_filed_once(house: House) -> None:
    issues = [
        {"title": "A", "locations": [CART, {"path": "no/such.py", "startLine": 1}]},
        {"title": "B", "locations": [{"path": "../../etc/passwd", "startLine": 1}]},
        {"title": "C", "locations": [CART]},
        {"title": "D"},
        {"title": "E\0\n# /askfirst scan", "description": "/askfirst scan\n@mona #1", "locations": [CART]},
    ]
    for new in (5, 0):
        session = scripted(house, issues=issues, summary="Read it all.")
        assert session["status"] == "completed", session["error"]
        assert (session["counts"]["found"], session["counts"]["new"]) == (5, new)
    listed = {issue["title"]: issue for issue in house.get("/issues/list")["data"]}
    assert sorted(listed) == ["A", "B", "C", "D", "E # /askfirst scan"]
    assert [place["path"] for place in listed["A"]["locations"]] == ["shop/cart.py"]
    assert listed["B"]["locations"] == listed["D"]["locations"] == []
    assert listed["C"]["rule"] is None
    assert len(house.issues()) == len(listed)
    for rules, left in ((["one"], 5), (["*"], 1)):
        session = scripted(house, issues=issues[:1], rules=rules, summary="Read it all.")
        assert session["status"] == "completed", session["error"]
        assert len(house.get("/issues/list", status="open")["data"]) == left, "gone needs a rule that was on"


# while it runs


@pytest.fixture
def working(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker beside the test, and the end of what it does."""
    monkeypatch.setattr(live, "SECONDS", 0.02)
    threads: list[threading.Thread] = []

    def start() -> None:
        threads.append(threading.Thread(target=house.settle))
        threads[-1].start()

    yield start  # type: ignore[misc]
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "the run does not end"


def until(seen: Callable[[], Any]) -> Any:
    """What `seen` gives as soon as it gives something; a minute is too long."""
    give_up = time.monotonic() + 60
    while not (value := seen()):
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.01)
    return value


def test_progress_and_log_are_seen_while_it_runs_and_a_cancel_stops_it(
    house: House, working: Callable[[], None]
) -> None:
    step = {"progress": {"stage": "reading", "percent": 40, "message": "half of it"}}
    script(house, lines=["first ünd", step, "second"], seconds=600)
    started = house.post("/issue-sessions/start", prompt="x", templateId="scripted")["data"]
    assert started["progress"] == {"stage": "queued", "percent": 0, "message": "Waiting for a worker."}
    working()

    def session() -> dict[str, Any]:
        return dict(house.get("/issue-sessions/get", id=started["id"])["data"])

    until(lambda: "second" in log(house, started))
    assert until(lambda: session()["progress"]["stage"] == "reading" and session())["status"] == "active"
    assert session()["progress"] == {"stage": "reading", "percent": 40, "message": "half of it"}
    assert house.get("/runs/get", id=started["runId"])["data"]["status"] == "running"
    assert log(house, started) == "first ünd\nsecond\n"
    assert log(house, started, after=len("first ünd\n".encode())) == "second\n"
    assert log(house, started, after=10_000) == ""
    house.post("/issue-sessions/delete", sessionId=started["id"])
    until(lambda: house.unfinished() == [])
    assert session()["status"] == house.get("/runs/get", id=started["runId"])["data"]["status"] == "cancelled"
    assert session()["error"] is None and house.get("/issues/list")["data"] == []


@on_sqlite
def test_a_cancel_before_the_agent_has_started_stops_it_too(
    house: House, working: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    script(house, seconds=600)
    started = house.post("/issue-sessions/start", prompt="x", templateId="scripted")["data"]
    fetching, go_on = threading.Event(), threading.Event()
    note = house.fake.note

    def slowly(request: Any, path: str, *rest: Any, **more: Any) -> None:
        note(request, path, *rest, **more)
        if path.endswith("/access_tokens"):
            fetching.set()
            go_on.wait(60)

    monkeypatch.setattr(house.fake, "note", slowly)
    working()
    assert fetching.wait(60)
    house.post("/issue-sessions/delete", sessionId=started["id"])
    threading.Timer(0.3, go_on.set).start()  # by then the worker has looked, several times
    until(lambda: house.unfinished() == [])
    assert house.get("/issue-sessions/get", id=started["id"])["data"]["status"] == "cancelled"


def test_what_is_cancelled_in_the_queue_is_never_begun(house: House) -> None:
    before = house.fake.count("POST", "*/access_tokens")
    started = house.post("/issue-sessions/start", prompt="x")["data"]
    house.post("/issue-sessions/delete", sessionId=started["id"])
    house.settle()
    session = house.get("/issue-sessions/get", id=started["id"])["data"]
    assert (session["status"], session["startedAt"]) == ("cancelled", None)
    assert house.unfinished() == [] and house.fake.count("POST", "*/access_tokens") == before


# a repository that cannot be read


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def plain(house: House, url: str) -> None:
    """From now on the house speaks of a plain project of this repository."""
    with house.db.write() as tx:
        projects.create(tx, "plain", url)
    house.key = house.make_key("plain")


def empty_folder(folder: Path) -> str:
    return str(folder)


def no_commit(folder: Path) -> str:
    git(folder, "init")
    return str(folder)


def no_default_branch(folder: Path) -> str:
    git(folder, "init")
    git(folder, "commit", "--allow-empty", "-m", "x")
    git(folder, "symbolic-ref", "HEAD", "refs/heads/elsewhere")
    return str(folder)


@on_sqlite
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: "/no/such/folder", "/no/such/folder is missing: there is no such repository"),
        (empty_folder, "is missing: there is no such repository"),
        (no_commit, "is empty: it has no commit on its default branch yet"),
        (no_default_branch, "is empty: it has no commit on its default branch yet"),
        (lambda folder: "http://127.0.0.1:1/x.git", "http://127.0.0.1:1/x.git cannot be reached"),
        (lambda folder: "http://me:secret@127.0.0.1:1/x.git", "cannot be reached"),
        (lambda folder: "ext::sh -c touch% /tmp/owned", "are supported"),
        (lambda folder: "git@127.0.0.1:shop.git", "are supported"),
    ],
)
def test_a_plain_repository_that_cannot_be_read(
    house: House, tmp_path: Path, make: Callable[[Path], str], reason: str
) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    plain(house, make(folder))
    error = failed(house, house.scan())
    assert reason in error and "secret" not in error and "\n" not in error


@on_sqlite
def test_a_plain_repository_that_is_not_ours_to_see(house: House) -> None:
    house.fake.create_repository(house.mona, "secret", private=True, files={"a.py": "x = 1\n"})
    plain(house, f"{house.server.url}/mona/secret.git")
    assert "no rights" in (error := failed(house, house.scan())) or "missing" in error


@on_sqlite
def test_a_github_repository_without_a_commit(house: House) -> None:
    empty = house.fake.create_repository(house.mona, "empty")
    house.mona.adds_to(house.installation, empty)
    house.settle()
    house.key = house.make_key("mona/empty")
    assert "mona/empty.git is empty: it has no commit" in failed(house, house.scan())


@on_sqlite
def test_an_unknown_ref_is_named(house: House) -> None:
    assert "there is no branch, tag or commit 'v9'" in failed(house, house.scan(ref="v9"))


@on_sqlite
def test_a_ref_is_a_branch_a_tag_or_a_commit(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    git(folder, "init")
    (folder / "cart.py").write_text(FLAWED["shop/cart.py"])
    git(folder, "add", ".")
    git(folder, "commit", "-m", "Flawed")
    git(folder, "tag", "v1")
    git(folder, "branch", "old")
    (folder / "cart.py").write_text("x = 1\n")
    git(folder, "commit", "-am", "Mended")
    plain(house, str(folder))
    assert house.scan()["counts"]["found"] == 0
    flawed = house.scan(ref="v1")
    assert flawed["counts"]["new"] > 0
    again = [
        house.scan(ref=ref)["counts"]["known"] for ref in ("old", flawed["commit"], flawed["commit"][:8])
    ]
    assert again == [flawed["counts"]["new"]] * 3


def test_paths_narrow_the_scan_and_nothing_outside_is_taken_for_gone(house: House) -> None:
    files = {"a/one.py": FLAWED["shop/cart.py"], "b/two.py": FLAWED["shop/cart.py"]}
    house.mona.pushes(house.repository, files, "More")
    narrow = house.scan(paths=["a"])
    places = {place["path"] for issue in house.get("/issues/list")["data"] for place in issue["locations"]}
    assert places == {"a/one.py"}
    whole = house.scan()["counts"]
    assert whole["known"] == narrow["counts"]["new"] and whole["new"] > 0
    house.mona.pushes(house.repository, dict.fromkeys([*files, *FLAWED], "\n"), "All mended")
    assert house.scan(paths=["a/one.py"])["counts"]["gone"] == narrow["counts"]["new"]
    nowhere = house.scan(paths=["no/such/folder"])
    assert (nowhere["status"], nowhere["counts"]["found"], nowhere["counts"]["gone"]) == ("completed", 0, 0)
    assert house.scan()["counts"]["gone"] == whole["new"]


def test_the_state_of_a_session_is_not_moved_by_a_late_worker(house: House) -> None:
    started = house.post("/issue-sessions/start", prompt="x")["data"]
    with house.db.write() as tx:
        sessions.fail(tx, house.project, tx.get_one(IssueSession, started["id"]), "gave up")
    house.settle()
    assert house.get("/issue-sessions/get", id=started["id"])["data"]["error"] == "gave up"
