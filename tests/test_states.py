"""The state machines: what each action makes of each state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.domain import states
from bot.domain.errors import Conflict
from bot.store.models import AnsweringSession, Issue, IssueSession, WorkChain
from tests.conftest import Clock

# down the states, across the actions; a dash is a refusal
ISSUE = """
           run_started fix_pushed merged    returned run_failed closed    gone      dismissed lost      reopened found_again
open       running     -          -         -        -          completed completed dismissed dismissed -        -
running    running     running    completed open     failed     completed completed dismissed dismissed -        -
completed  -           -          -         -        -          -         -         -         dismissed open     open
failed     running     -          -         -        -          completed completed dismissed dismissed open     -
dismissed  -           -          -         -        -          completed completed dismissed dismissed open     -
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
CHAIN = """
           start    pause   resume   complete   fail    cancel
pending    running  -       -        -          -       cancelled
running    -        paused  -        completed  failed  cancelled
paused     -        -       running  -          -       cancelled
completed  -        -       -        -          -       -
failed     running  -       -        -          -       cancelled
cancelled  -        -       -        -          -       -
"""
Machine = tuple[str, states.Moves, tuple[str, ...], type[Any], Callable[[Any, str], None]]
MACHINES: list[Machine] = [
    (ISSUE, states.ISSUE, states.ISSUE_STATUSES, Issue, states.move),
    (SESSION, states.SESSION, states.SESSION_STATUSES, IssueSession, states.move_session),
    (ANSWERING, states.ANSWERING, states.ANSWERING_STATUSES, AnsweringSession, states.move_answering),
    (CHAIN, states.CHAIN, states.CHAIN_STATUSES, WorkChain, states.move_chain),
]
NAMES = ["issue", "session", "answering", "chain"]


def cells(table: str) -> Iterator[tuple[str, str, str]]:
    """(state, action, outcome) of each cell."""
    head, *rows = table.strip().splitlines()
    for row in rows:
        state, *outcomes = row.split()
        for action, outcome in zip(head.split(), outcomes, strict=True):
            yield state, action, outcome


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_every_action_in_every_state(machine: Machine) -> None:
    table, _, _, noun, move = machine
    for state, action, outcome in cells(table):
        row = noun(id="x_1", status=state)
        if outcome == "-":
            with pytest.raises(Conflict, match=f"x_1 is {state}"):
                move(row, action)
            assert vars(row).keys() - {"_sa_instance_state"} == {"id", "status"} and row.status == state
        else:
            move(row, action)
            assert row.status == outcome, (state, action)


@pytest.mark.parametrize("machine", MACHINES, ids=NAMES)
def test_no_state_and_no_action_is_left_out(machine: Machine) -> None:
    table, moves, statuses, _, _ = machine
    assert {(state, action) for state, action, _ in cells(table)} == {
        (state, action) for state in statuses for action in moves
    }


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


def test_what_an_issue_came_to_is_told_with_its_time(frozen: Clock) -> None:
    for state, action, outcome in cells(ISSUE):
        if outcome == "-":
            continue
        issue = Issue(id="iss_1", status=state, resolution="old", failure_reason="old")
        states.move(issue, action, reason="red" if action == "run_failed" else None)
        assert issue.completed_at == (frozen.time if outcome == "completed" else None)
        assert issue.failure_reason == ("red" if outcome == "failed" else None)
        assert (issue.resolution is None) == (outcome in ("open", "failed") or action == "run_started")
        assert issue.updated_at == frozen.time


def test_a_chain_has_ended_when_it_is_completed_or_cancelled(frozen: Clock) -> None:
    for state, action, outcome in cells(CHAIN):
        if outcome != "-":
            chain = WorkChain(id="wc_1", status=state, paused_reason="old", completed_at=frozen.time)
            states.move_chain(chain, action, reason="person" if action == "pause" else None)
            assert (chain.completed_at is not None) == (outcome in ("completed", "cancelled"))
            assert chain.paused_reason == ("person" if outcome == "paused" else None)
