"""The state machines: what each action makes of each state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.domain import mirror, states
from bot.domain.errors import Conflict
from bot.store.models import (
    AnsweringSession,
    ChainItem,
    Issue,
    IssueSession,
    Project,
    SessionQuestion,
    WorkChain,
)
from tests.conftest import Clock

# down the states, across the actions; a dash is a refusal
ISSUE = """
           run_started fix_pushed merged    returned proposed_again run_failed closed    gone      dismissed lost      reopened found_again
open       running     -          -         -        running        -          completed completed dismissed dismissed -        -
running    running     running    completed open     -              failed     completed completed dismissed dismissed -        -
completed  -           -          -         -        -              -          -         -         -         dismissed open     open
failed     running     -          -         -        -              -          completed completed dismissed dismissed open     -
dismissed  -           -          -         -        -              -          completed completed dismissed dismissed open     -
"""  # noqa: E501
SESSION = """
           complete   fail    cancel
active     completed  failed  cancelled
completed  -          -       -
failed     -          -       -
cancelled  -          -       -
"""
ANSWERING = """
           active  reviewed  completed  archived
pending    active  reviewed  -          archived
active     -       reviewed  -          archived
reviewed   active  -         completed  archived
completed  -       -         -          archived
archived   -       -         -          -
"""
QUESTION = """
           approved  declined  contradicted
pending    approved  declined  -
approved   approved  -         conflict
declined   -         declined  conflict
conflict   -         -         conflict
"""
CHAIN = """
           start    pause   resume   complete   fail    cancel
pending    running  -       -        -          -       cancelled
running    -        paused  -        completed  failed  cancelled
paused     -        -       running  -          -       cancelled
completed  -        -       -        -          -       -
failed     running  -       -        -          -       cancelled
cancelled  -        -       -        -          -       -
"""
# what may be done to a question: down the states of its session and its own
ACTS = """
                     review  withdraw  assume  vote
pending/pending      yes     yes       yes     -
pending/approved     yes     yes       -       -
pending/declined     yes     yes       yes     -
pending/conflict     yes     yes       yes     -
active/pending       yes     yes       yes     yes
active/approved      yes     yes       -       yes
active/declined      yes     yes       yes     yes
active/conflict      yes     yes       yes     yes
reviewed/pending     -       -         -       -
reviewed/approved    -       -         -       -
reviewed/declined    -       -         -       -
reviewed/conflict    -       -         -       -
completed/pending    -       -         -       -
completed/approved   -       -         -       -
completed/declined   -       -         -       -
completed/conflict   -       -         -       -
archived/pending     -       -         -       -
archived/approved    -       -         -       -
archived/declined    -       -         -       -
archived/conflict    -       -         -       -
"""
ITEM = """
           work     wait     return   push  change_nothing  fail    skip     retry
pending    running  waiting  -        -     -               -       skipped  -
running    -        waiting  pending  done  no_change       failed  -        -
waiting    -        -        pending  -     -               -       skipped  -
done       -        -        -        -     -               -       -        -
no_change  -        -        -        -     -               -       -        pending
skipped    -        -        -        -     -               -       -        pending
failed     -        -        -        -     -               -       skipped  pending
"""
Machine = tuple[str, states.Moves, tuple[str, ...], Callable[..., Any], Callable[[Any, str], None]]


def item(id: str, status: str) -> ChainItem:
    return ChainItem(issue_id=id, status=status)


MACHINES: list[Machine] = [
    (ISSUE, states.ISSUE, states.ISSUE_STATUSES, Issue, states.move),
    (SESSION, states.SESSION, states.SESSION_STATUSES, IssueSession, states.move_session),
    (ANSWERING, states.ANSWERING, states.ANSWERING_STATUSES, AnsweringSession, states.move_answering),
    (QUESTION, states.QUESTION, states.QUESTION_STATES, SessionQuestion, states.move_question),
    (CHAIN, states.CHAIN, states.CHAIN_STATUSES, WorkChain, states.move_chain),
    (ITEM, states.ITEM, states.ITEM_STATUSES, item, states.move_item),
]
NAMES = ["issue", "session", "answering", "question", "chain", "item"]


def cells(table: str) -> Iterator[tuple[str, str, str]]:
    """(state, action, outcome) of each cell."""
    head, *rows = table.strip().splitlines()
    for row in rows:
        state, *outcomes = row.split()
        for action, outcome in zip(head.split(), outcomes, strict=True):
            yield state, action, outcome


def in_state(noun: Callable[..., Any], state: str) -> Any:
    """A row in this state; the conflict of a question is a flag."""
    if noun is SessionQuestion:
        conflict = state == "conflict"
        return SessionQuestion(id="x_1", status="pending" if conflict else state, conflict=conflict)
    return noun(id="x_1", status=state)


def told(row: Any) -> dict[str, Any]:
    """All that is known of the row."""
    return {name: value for name, value in vars(row).items() if name != "_sa_instance_state"}


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_every_action_in_every_state(machine: Machine) -> None:
    table, _, _, noun, move = machine
    for state, action, outcome in cells(table):
        row = in_state(noun, state)
        before = told(row)
        if outcome == "-":
            with pytest.raises(Conflict, match=f"x_1 is {state}"):
                move(row, action)
            assert told(row) == before
        else:
            move(row, action)
            assert told(in_state(noun, outcome)).items() <= told(row).items(), (state, action)


@pytest.mark.parametrize(
    ("act", "message", "field"),
    [
        (lambda: states.move(Issue(id="iss_1", status="completed"), "run_started"),
         "Issue iss_1 is completed; this needs it to be open or failed or running.", "issueId"),
        (lambda: states.move_session(IssueSession(id="is_1", status="failed"), "cancel"),
         "Session is_1 is failed; this needs it to be active.", "sessionId"),
        (lambda: states.move_answering(AnsweringSession(id="as_1", status="pending"), "completed"),
         "Session as_1 is pending; this needs it to be reviewed.", "status"),
        (lambda: states.move_question(SessionQuestion(id="sq_1", status="pending", conflict=True), "approved"),
         "Question sq_1 is conflict; this needs it to be pending or approved.", "id"),
        (lambda: states.must_allow(WorkChain(id="wc_1", status="completed"), "pause"),
         "Chain wc_1 is completed; this needs it to be running.", "chainId"),
        (lambda: states.move_chain(WorkChain(id="wc_1", status="running"), "start"),
         "Chain wc_1 is running; this needs it to be pending or failed.", "chainId"),
        (lambda: states.move_item(ChainItem(issue_id="iss_1", status="done"), "skip"),
         "Item iss_1 is done; this needs it to be pending or waiting or failed.", "issueId"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_so_and_what_it_needs(
    act: Callable[[], None], message: str, field: str
) -> None:
    with pytest.raises(Conflict) as refusal:
        act()
    assert (refusal.value.message, refusal.value.field) == (message, field)


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_no_state_and_no_action_is_left_out(machine: Machine) -> None:
    table, moves, statuses, _, _ = machine
    assert {(state, action) for state, action, _ in cells(table)} == {
        (state, action) for state in statuses for action in moves
    }


def test_what_may_be_done_to_a_question() -> None:
    lines = list(cells(ACTS))
    pairs = [f"{session}/{own}" for session in states.ANSWERING_STATUSES for own in states.QUESTION_STATES]
    assert {(pair, act) for pair, act, _ in lines} == {
        (pair, act) for pair in pairs for act in states.QUESTION_ACTS
    }
    for pair, act, outcome in lines:
        session, own = pair.split("/")
        lets = states.lets(AnsweringSession(status=session), in_state(SessionQuestion, own), act)
        assert lets == (outcome == "yes"), (pair, act)


def test_asking_first_says_the_same() -> None:
    for state, action, outcome in cells(ISSUE):
        assert states.allows(Issue(status=state), action) == (outcome != "-")
    for state, action, outcome in cells(CHAIN):
        chain = WorkChain(id="wc_1", status=state)
        if outcome == "-":
            with pytest.raises(Conflict):
                states.must_allow(chain, action)
        else:
            states.must_allow(chain, action)
        assert chain.status == state


CAME_TO = {
    "fix_pushed": "proposed", "proposed_again": "proposed", "merged": "merged", "closed": "closed", "gone": "gone",
    "dismissed": "not_planned", "lost": "not_planned",
}  # fmt: skip


def test_what_an_issue_came_to_is_told_with_its_time(frozen: Clock) -> None:
    for state, action, outcome in cells(ISSUE):
        if outcome == "-":
            continue
        issue = Issue(id="iss_1", status=state, resolution="old", failure_reason="old")
        states.move(issue, action, reason="red" if action == "run_failed" else None)
        assert issue.completed_at == (frozen.time if outcome == "completed" else None)
        assert issue.failure_reason == ("red" if outcome == "failed" else None)
        assert issue.resolution == CAME_TO.get(action)
        assert issue.updated_at == frozen.time


def test_a_chain_has_ended_when_it_is_completed_or_cancelled(frozen: Clock) -> None:
    for state, action, outcome in cells(CHAIN):
        if outcome != "-":
            chain = WorkChain(id="wc_1", status=state, paused_reason="old", completed_at=frozen.time)
            states.move_chain(chain, action, reason="person" if action == "pause" else None)
            assert (chain.completed_at is not None) == (outcome in ("completed", "cancelled"))
            assert chain.paused_reason == ("person" if outcome == "paused" else None)


def test_why_an_item_was_not_done_goes_when_it_is_tried_again() -> None:
    for state, action, outcome in cells(ITEM):
        if outcome != "-":
            row = ChainItem(issue_id="iss_1", status=state, error="old")
            states.move_item(row, action, error="red" if action == "fail" else None)
            assert row.error == ("red" if outcome == "failed" else None)


@pytest.mark.parametrize(
    ("status", "resolution", "deleted", "shown"),
    [
        ("open", None, False, ("open", None)),
        ("running", "proposed", False, ("open", None)),
        ("failed", None, False, ("open", None)),
        ("completed", "merged", False, ("closed", "completed")),
        ("dismissed", "false_positive", False, ("closed", "not_planned")),
        ("dismissed", "duplicate", False, ("closed", "duplicate")),
        ("open", None, True, ("closed", "not_planned")),
        ("completed", "gone", True, ("closed", "not_planned")),
    ],
)
def test_what_github_is_to_show(
    frozen: Clock, status: str, resolution: str | None, deleted: bool, shown: tuple[str, str | None]
) -> None:
    deleted_at = frozen.time if deleted else None
    assert mirror.state(Issue(status=status, resolution=resolution, deleted_at=deleted_at)) == shown


SHOWN = {
    "title": "Old",
    "description": "d",
    "priority": "low",
    "state": "open",
    "reason": None,
    "at": "2026-03-01",
}


@pytest.mark.parametrize(
    ("change", "came_to"),
    [
        ({}, {}),
        ({"title": "New"}, {"title": "New"}),
        ({"description": "New"}, {"description": "New"}),
        ({"priority": "high"}, {"priority": "high"}),
        ({"priority": None}, {"priority": "low"}),
        ({"locked": True}, {"status": "open"}),
        ({"state": "closed", "reason": "completed"}, {"status": "completed", "resolution": "closed"}),
        ({"state": "closed", "reason": None}, {"status": "completed", "resolution": "closed"}),
        ({"state": "closed", "reason": "not_planned"}, {"status": "dismissed", "resolution": "not_planned"}),
        ({"state": "closed", "reason": "duplicate"}, {"status": "dismissed", "resolution": "duplicate"}),
    ],
)
def test_what_people_change_on_github_and_nothing_else_is_taken_over(
    frozen: Clock, change: dict[str, Any], came_to: dict[str, Any]
) -> None:
    issue = Issue(
        id="iss_1", title="Ours", description="ours", priority="low", status="open", mirrored=False,
        shown=dict(SHOWN), updated_at=frozen.time,
    )  # fmt: skip
    ours = {"title": "Ours", "description": "ours", "priority": "low", "status": "open", "resolution": None}
    frozen.forward(seconds=1)
    now = mirror.Seen(**{"locked": False, **SHOWN, **change, "at": "2026-03-02"})
    with Session() as tx:
        assert mirror.seen(tx, Project(), issue, now) is bool(change)
        assert {name: getattr(issue, name) for name in ours} == ours | came_to
        assert issue.updated_at == frozen.time
        opened = mirror.Seen(**{"locked": False, **SHOWN, "at": "2026-03-03"})
        mirror.seen(tx, Project(), issue, opened)
    assert (issue.status, issue.shown) == ("open", opened.shown)


@pytest.mark.parametrize(("label", "priority"), [("high", "high"), (None, "medium")])
def test_a_persons_issue_has_the_priority_of_its_label(label: str | None, priority: str) -> None:
    issue = Issue(priority="medium")
    mirror.adopted(
        issue, 7, "https://github.test/7", mirror.Seen("T", "", label, "open", None, False, "2026")
    )
    assert (issue.priority, issue.github_number, issue.mirrored) == (priority, 7, False)
