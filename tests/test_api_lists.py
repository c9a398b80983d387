"""Lists: pages, cursors, filters."""

from __future__ import annotations

import pytest

from bot.config import Config
from bot.domain import issues, runs, sessions
from bot.store.db import Database
from tests.rest import Rest, refused


@pytest.fixture
def rest(config: Config, db: Database) -> Rest:
    return Rest(config, db)


def file(rest: Rest, titles: list[str], **fields: str) -> list[str]:
    with rest.db.write() as tx:
        made = [issues.create(tx, rest.mine, title=title, created_by="key:ci", **fields) for title in titles]
        return [issue.id for issue in made]


def test_paging_sees_each_once_while_new_ones_arrive(rest: Rest) -> None:
    filed = file(rest, [f"Issue {number}" for number in range(250)])
    seen: list[str] = []
    query: dict[str, str] = {}
    sizes = []
    while True:
        page = rest.get("/issues/list", **query).json
        seen += [issue["id"] for issue in page["data"]]
        sizes.append(len(page["data"]))
        assert page["hasMore"] == (page["nextCursor"] is not None)
        if not page["hasMore"]:
            break
        file(rest, ["Newer"] * 3)
        rest.post("/issues/delete", issueId=seen[-1])
        query = {"cursor": page["nextCursor"]}
    assert seen == filed[::-1]
    assert sizes == [100, 100, 50]


def test_a_page_that_is_just_full_is_the_last(rest: Rest) -> None:
    file(rest, ["x"] * 4)
    first = rest.get("/issues/list", limit=2).json
    second = rest.get("/issues/list", limit=2, cursor=first["nextCursor"]).json
    assert [len(page["data"]) for page in (first, second)] == [2, 2]
    assert (second["hasMore"], second["nextCursor"]) == (False, None)
    assert rest.get("/issues/list", limit=1, cursor=first["nextCursor"]).json["data"] == second["data"][:1]


def test_every_list_pages(rest: Rest) -> None:
    with rest.db.write() as tx:
        for _ in range(3):
            sessions.start(tx, rest.mine, prompt="x", created_by="key:ci")
    for _ in range(3):
        rest.asked(), rest.chain()
    for path in ("/issue-sessions/list", "/runs/list", "/answering-sessions", "/work-chains/list"):
        first = rest.get(path, limit=2).json
        second = rest.get(path, limit=2, cursor=first["nextCursor"]).json
        ids = [each["id"] for each in first["data"] + second["data"]]
        assert ids == sorted(ids, reverse=True) and len(set(ids)) == 3


def test_a_cursor_is_good_for_its_own_list_only(rest: Rest) -> None:
    file(rest, ["x", "y"])
    rest.session(), rest.session()
    cursor = rest.get("/issues/list", limit=1, status="open").json["nextCursor"]
    assert rest.get("/issues/list", limit=1, status="OPEN", cursor=cursor).status_code == 200
    other_place = [
        ("/issues/list", {}), ("/issues/list", {"status": "failed"}), ("/issues/list", {"status": "open", "q": "x"}),
        ("/issue-sessions/list", {}), ("/runs/list", {"status": "queued"}),
    ]  # fmt: skip
    for path, filters in other_place:
        refused(rest.get(path, cursor=cursor, **filters), 400, "VALIDATION", "cursor")
    theirs = rest.new_key(project=rest.theirs)
    answer = rest.call("GET", "/issues/list", theirs, query_string={"cursor": cursor, "status": "open"})
    refused(answer, 400, "VALIDATION", "cursor")


def test_a_cursor_that_was_changed_is_refused(rest: Rest) -> None:
    file(rest, ["x", "y"])
    cursor = rest.get("/issues/list", limit=1).json["nextCursor"]
    changed = [
        cursor[:-1],
        cursor + "A",
        cursor + "=",
        cursor + "!",
        cursor.swapcase(),
        ("B" if cursor[0] != "B" else "C") + cursor[1:],
        cursor[::-1],
    ]
    for wrong in changed:
        refused(rest.get("/issues/list", cursor=wrong), 400, "VALIDATION", "cursor")


def test_filters_of_issues(rest: Rest) -> None:
    session = rest.session().id
    [low] = file(rest, ["Low one"], priority="low")
    [found] = file(rest, ["Found one"], session_id=session)
    [failed] = file(rest, ["Failed one"])
    run = rest.run()
    with rest.db.write() as tx:
        runs.end(runs.get(tx, rest.mine.id, run.id), "failed", error="no")
    rest.post("/issues/link-run", issueId=failed, runId=run.id)

    def ids(**query: str) -> list[str]:
        return [issue["id"] for issue in rest.get("/issues/list", **query).json["data"]]

    assert ids() == [failed, found, low]
    assert ids(status="Failed") == [failed]
    assert ids(priority="LOW") == [low]
    assert ids(sessionId=session) == [found]
    assert ids(sessionId=session, priority="medium") == ids(sessionId=session, status="open") == [found]
    assert ids(sessionId=session, priority="low") == ids(sessionId=session, status="failed") == []
    assert ids(status="open", priority="medium") == [found]
    assert ids(sessionId="is_" + "0" * 26) == []


def test_words_and_their_beginnings_in_titles(rest: Rest) -> None:
    mutable, shadowed = file(rest, ["Mutable default in cart.add", "Überschattete Variable x"])

    def ids(words: str) -> list[str]:
        return [issue["id"] for issue in rest.get("/issues/list", q=words).json["data"]]

    assert ids("mutable") == ids("MUT def") == ids(" cart ") == [mutable]
    assert ids("vari") == ids("überschatt") == ids("uber") == [shadowed]
    assert ids("add") == ids("cart.add") == [mutable]
    assert ids("utable") == ids("mutable nothing") == ids("!!") == []
    for hostile in (
        "'",
        '"',
        "a:*",
        "a & b | !c",
        "NEAR(a b)",
        "(",
        "\\",
        "%",
        "-x",
        "a" * 200,
        "²",
        "x AND",
        "*",
    ):
        assert rest.get("/issues/list", q=hostile).status_code == 200, hostile


def test_filters_of_runs(rest: Rest) -> None:
    scan = rest.session()
    issue = rest.issue()
    fix = rest.run(issue_id=issue.id)
    in_chain = rest.run(chain_id="wc_" + "1" * 26)
    with rest.db.write() as tx:
        runs.end(runs.get(tx, rest.mine.id, fix.id), "completed", outcome="done")

    def ids(**query: str) -> list[str]:
        return [run["id"] for run in rest.get("/runs/list", **query).json["data"]]

    assert ids() == [in_chain.id, fix.id, scan.run_id]
    assert ids(kind="SCAN") == ids(sessionId=scan.id) == [scan.run_id]
    assert ids(issueId=issue.id) == ids(status="completed") == [fix.id]
    assert ids(chainId=in_chain.chain_id or "") == [in_chain.id]
    refused(rest.get("/runs/list", chainId=issue.id), 404, "NOT_FOUND", "chainId")
    refused(rest.get("/runs/list", kind="fixed"), 400, "VALIDATION", "kind")
