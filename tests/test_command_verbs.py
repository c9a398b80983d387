"""Each verb: who may, what it does here and on GitHub, and that it is the same by REST."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain import chain_results, chains
from bot.domain.verbs import LEVELS, VERBS
from bot.store.models import Base, Project, WorkChain
from bot.store.models import Issue as Row
from tests.commanding import SLOW, Commands, allowed, signs, words
from tests.fakes.github import Issue
from tests.house import House

TABLES = ("issues", "issue_sessions", "answering_sessions", "question_votes", "work_chains", "runs", "events")
BY_ID = {
    "is": "/issue-sessions/get", "as": "/answering-sessions/{}", "sq": "/session-questions/{}",
    "wc": "/work-chains/get", "run": "/runs/get", "iss": "/issues/get",
}  # fmt: skip
# what differs between any two things, or between a person's word and a program's
OWN = {"createdBy", "reviewedBy", "via", "votes", "url", "github", "answersDigest"}

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def commands(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """One house for all verbs: each test has issues and people of its own in it."""
    home = tmp_path_factory.mktemp("verbs")
    shutil.copy(sqlite_template, home / "askfirst.db")
    house = House(f"sqlite:///{home / 'askfirst.db'}", home)
    yield Commands(house)
    house.close()


Call = tuple[str, str, dict[str, Any]]  # method, path, body


@dataclass(frozen=True)
class Case:
    """`arrange` gives an object's id and the issue that it belongs to; `command` is given there.

    `first` is given before by the same person; `rest` are the calls that do the same to another such object.
    """

    arrange: Callable[[Commands], tuple[str, Issue]]
    command: str
    rest: Callable[[Commands, str], list[Call]]
    first: str = ""
    signs: tuple[str, ...] = ("eyes", "+1")


def look(commands: Commands, object_id: str) -> Any:
    """The object as REST shows it, without what differs between any two."""
    path = BY_ID[object_id.partition("_")[0]]
    return shape(commands.house.get(path.format(object_id), id=object_id)["data"])


def shape(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {name: shape(value) for name, value in thing.items() if name not in OWN and name[-2:] != "At"}
    if isinstance(thing, list):
        return [shape(each) for each in thing]
    return re.sub(r"_[0-9a-z]{26}", "", thing) if isinstance(thing, str) else thing


def counts(commands: Commands) -> dict[str, int]:
    """How many there are of everything that a command may make."""
    with commands.house.db.read() as tx:
        tables = Base.metadata.tables
        return {name: tx.scalar(select(func.count()).select_from(tables[name])) or 0 for name in TABLES}


def newest(commands: Commands) -> dict[str, Any]:
    """The newest line of the audit trail."""
    return dict(commands.house.get("/events/list", limit=1)["data"][0])


def question(commands: Commands, session_id: str, number: int = 1) -> str:
    asked = commands.house.get("/session-questions", answeringSessionId=session_id)["data"]
    return f"/session-questions/{asked[number - 1]['id']}"


def approved(commands: Commands, session_id: str) -> list[Call]:
    return [("PUT", f"{question(commands, session_id, n)}/review", {"status": "approved"}) for n in (1, 2)]


def talk(commands: Commands) -> tuple[str, Issue]:
    return "", commands.house.mona.opens_issue(commands.house.repository, "Housekeeping")


def running(commands: Commands) -> tuple[str, Issue]:
    chain, issue = commands.chain()
    commands.house.post("/work-chains/start", chainId=chain)
    return chain, issue


def paused(commands: Commands) -> tuple[str, Issue]:
    chain, issue = running(commands)
    commands.house.post("/work-chains/pause", chainId=chain)
    return chain, issue


def failed(commands: Commands) -> tuple[str, Issue]:
    chain_id, issue = running(commands)
    with commands.house.db.write() as tx:
        chain = tx.get_one(WorkChain, chain_id)
        item = chains.current(tx, chain)
        assert item is not None
        chain_results.went_wrong(tx, tx.get_one(Project, chain.project_id), chain, item, "no idea")
    return chain_id, issue


def dismissed(commands: Commands) -> tuple[str, Issue]:
    issue_id, issue = commands.issue()
    commands.house.post("/issues/dismiss", issueId=issue_id)
    commands.settle()
    return issue_id, issue


def scanned(commands: Commands) -> tuple[str, Issue]:
    issue_id, issue = commands.issue()
    with commands.house.db.write() as tx:
        tx.get_one(Row, issue_id).fingerprint = issue_id
    return issue_id, issue


def worked(commands: Commands, chain: str) -> str:
    return str(commands.house.get("/work-chains/issues", id=chain)["data"][0]["id"])


CASES: dict[str, Case] = {
    "scan": Case(
        talk, "scan shop -- Find bugs",
        lambda _, __: [("POST", "/issue-sessions/start", {"prompt": "Find bugs", "paths": ["shop"]})],
        signs=("eyes",),  # the thumb comes at its end
    ),
    "ask": Case(
        Commands.issue, "ask --max 3",
        lambda _, issue: [("POST", "/answering-sessions", {"issueIds": [issue], "maxQuestions": 3})],
    ),
    "approve": Case(
        Commands.round, "approve Q1",
        lambda c, session: [("PUT", f"{question(c, session)}/review", {"status": "approved"})],
    ),
    "correct": Case(
        Commands.round, "answer Q1: In UTC?",
        lambda c, session: [
            ("PUT", f"{question(c, session)}/review", {"status": "declined", "correction": "In UTC?"})
        ],
    ),
    "withdraw": Case(
        Commands.round, "withdraw Q1",
        lambda c, session: [approved(c, session)[0], ("POST", f"{question(c, session)}/withdraw", {})],
        first="approve Q1",
    ),
    "reopen Q": Case(
        Commands.round, "reopen Q1",
        lambda c, session: [approved(c, session)[0], ("POST", f"{question(c, session)}/withdraw", {})],
        first="approve Q1",
    ),
    "decide": Case(
        Commands.round, "decide Q1: b",
        lambda c, session: [
            ("PUT", f"{question(c, session)}/review", {"status": "declined", "correction": "B"})
        ],
    ),
    "proceed": Case(
        Commands.round, "proceed",
        lambda c, session: [
            *approved(c, session), ("PUT", f"/answering-sessions/{session}/status", {"status": "reviewed"})
        ],
        first="approve all",
    ),
    "work": Case(
        Commands.issue, "work #{number} --branch fix/it{unique} --base main --continue",
        lambda _, issue: [("POST", "/work-chains/create", {
            "title": "Cart forgets items", "issueIds": [issue], "branchName": "fix/it", "baseBranch": "main",
            "onFailure": "continue",
        })],
    ),
    "fix": Case(Commands.issue, "fix", lambda _, issue: [("POST", "/runs/create", {"issueId": issue})]),
    "start": Case(Commands.chain, "start", lambda _, chain: [("POST", "/work-chains/start", {"chainId": chain})]),
    "pause": Case(running, "pause", lambda _, chain: [("POST", "/work-chains/pause", {"chainId": chain})]),
    "resume": Case(paused, "resume", lambda _, chain: [("POST", "/work-chains/resume", {"chainId": chain})]),
    "retry": Case(
        failed, "retry #{number}",
        lambda c, chain: [("POST", "/work-chains/retry", {"chainId": chain, "issueId": worked(c, chain)})],
    ),
    "skip": Case(
        Commands.chain, "skip #{number} not now",
        lambda c, chain: [
            ("POST", "/work-chains/skip", {"chainId": chain, "issueId": worked(c, chain), "reason": "not now"})
        ],
    ),
    "cancel": Case(
        Commands.chain, "cancel", lambda _, chain: [("POST", "/work-chains/cancel", {"chainId": chain})]
    ),
    "dismiss": Case(
        Commands.issue, "dismiss duplicate of another",
        lambda _, issue: [
            ("POST", "/issues/dismiss", {"issueId": issue, "reason": "duplicate", "comment": "of another"})
        ],
    ),
    "reopen": Case(dismissed, "reopen", lambda _, issue: [("POST", "/issues/reopen", {"issueId": issue})]),
    "recheck": Case(scanned, "recheck", lambda _, issue: [("POST", "/issues/recheck", {"issueId": issue})]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_verb(commands: Commands, name: str) -> None:
    case, verb, house = CASES[name], VERBS[name], commands.house
    object_id, issue = case.arrange(commands)
    text = f"/askfirst {case.command.format(number=issue.number, unique='')}"
    lowest = commands.person(allowed(verb)[0])
    if case.first:
        commands.gives(lowest, issue, f"/askfirst {case.first}")
    before = counts(commands), object_id and look(commands, object_id)

    def unchanged() -> bool:
        return (counts(commands), object_id and look(commands, object_id)) == before

    for level in LEVELS:
        person = commands.person("read" if level == "none" else level)
        tried = person.comments(issue, f"{text} --dry-run")
        commands.becomes(person, level)
        commands.settle()
        assert signs(tried) == ["eyes", "+1" if level in allowed(verb) else "confused"], level
    assert "This was a dry run" in words(issue)[-1]
    assert (counts(commands), object_id and look(commands, object_id)) == before

    deleted = commands.person(verb.level).comments(issue, text)
    commands.settle(but=("command",))
    assert signs(deleted) == ["eyes"]
    house.mona.deletes_comment(deleted)
    commands.settle(but=("command",))
    commands.settle()
    loser = commands.person("admin")
    lost = loser.comments(issue, text)
    commands.settle(but=("command",))
    commands.becomes(loser, "read")
    commands.settle()
    assert signs(lost) == ["eyes", "confused"] and f"needs the level **{verb.level}**" in words(issue)[-1]
    assert (counts(commands), object_id and look(commands, object_id)) == before

    done = commands.gives(lowest, issue, text)
    assert signs(done) == list(case.signs) and not unchanged()
    line, after = newest(commands), counts(commands)
    assert (line["door"], line["by"], line["source"][-7:]) == (
        "github", f"github:{lowest.login}", f"{done.id}"[-7:],
    )  # fmt: skip
    commands.again(commands.hook())
    lowest.edits_comment(done, f"{text} --dry-run")
    commands.settle()
    assert counts(commands) == after and signs(done) == list(case.signs)

    other_id, _ = case.arrange(commands)
    for method, path, body in case.rest(commands, other_id):
        answer = house.web.open(f"/api/v1{path}", method=method, json=body, headers=house.headers())
        assert answer.status_code < 300, answer.text
    commands.settle()
    by_rest = newest(commands)
    assert (by_rest["door"], by_rest["action"]) == ("rest", line["action"])
    assert look(commands, by_rest["objectId"]) == look(commands, line["objectId"])
    assert {job for job, _ in house.unfinished()} <= {*SLOW, "freeze", "remind", "settle"}


def test_every_verb_has_its_case() -> None:
    assert set(CASES) | {"help", "status"} == set(VERBS)
