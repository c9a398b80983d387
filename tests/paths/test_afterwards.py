"""What follows the answers: the file, the receipt, the threads that are done with, the commits that name them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.house import House
from tests.paths.test_clarify import ASSUMED, LEFT
from tests.paths.test_resolve import Chain
from tests.rounds import Round, Scripted, asked, done, filed, said

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def file(house: House, round: Round) -> str:
    """The questions file on the round's branch."""
    text = house.repository.git.read(round.pull.head_ref, f".askfirst/{round.id}.md")
    return text.decode() if text is not None else ""


def test_the_file_is_completed_with_the_answers(house: House) -> None:
    round = asked(house, {}, {}, {})
    before = file(house, round)
    assert before.count("*none yet*") == 3
    house.mona.comments(round.pull, "Q1: approve\nQ2: B\nQ3: Ask sales,\nthen do it.")
    house.settle_answers()
    after, digest = file(house, round), round.session["answersDigest"]
    lines = [line for line in after.split("\n") if line.startswith("- Answer: ")]
    assert lines == ["- Answer: as assumed", f"- Answer: {LEFT}", "- Answer: Ask sales, then do it."]
    assert digest in after and before.count("\n") == after.count("\n")
    newest, first = house.repository.git.log(round.pull.head_ref, "^main")
    assert newest["message"].startswith("Write down the answers to 3 questions [skip ci]")
    assert digest in newest["message"] and "Ask 3 questions" in first["message"]
    assert all(not thread.outdated for thread in round.threads), "their lines did not move"
    assert round.check.head_sha == newest["sha"] and round.check.conclusion == "success"


def test_a_branch_that_takes_no_push_does_not_keep_the_answers_from_being_fixed(house: House) -> None:
    round = asked(house, {})
    house.repository.protect(round.pull.head_ref)
    round.approve()
    assert round.session["status"] == "completed" and "*none yet*" in file(house, round)
    assert len(round.receipts()) == 1 and house.unfinished() == []


def test_the_receipt_is_there_by_rest_too(house: House) -> None:
    round = asked(house, {}, {}, {}, at="c0ffee" * 6 + "abcd")
    path = f"/answering-sessions/{round.id}/receipt"
    refused = house.get(path)["error"]
    assert refused["code"] == "CONFLICT" and "not fixed yet" in refused["message"]
    reply = house.mona.replies(round.threads[0], "approve")
    house.settle()
    round.reviews(2, "declined", "B")
    round.reviews(3, "declined", "In UTC.")
    house.settle()
    round.set("reviewed")
    house.settle()
    receipt = house.get(path)["data"]
    assert receipt["answersDigest"] == round.session["answersDigest"]
    assert receipt["commit"] == "c0ffee" * 6 + "abcd" and receipt["answeringSessionId"] == round.id
    first, second, third = receipt["answers"]
    assert [one["answer"] for one in receipt["answers"]] == [ASSUMED, LEFT, "In UTC."]
    assert (first["by"], first["via"], second["by"], third["via"]) == (
        "github:mona",
        "github",
        "key:test",
        "rest",
    )
    assert first["url"].endswith(f"#discussion_r{reply.id}") and second["url"] is None
    text = json.dumps(receipt["answers"], sort_keys=True, ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == receipt["answersDigest"], "anybody can check it"
    [comment] = round.receipts()
    assert all(
        part in comment for part in (round.id, receipt["answersDigest"], "[reply](", "| REST |", "`c0ffee")
    )


def resolved(house: House, round: Round) -> list[bool]:
    return [thread.resolved_by is not None for thread in round.threads]


def test_threads_are_resolved_when_their_answers_are_in_the_code(house: House) -> None:
    round = asked(house, {}, {}, {}, issues=3)
    house.mona.comments(round.pull, "Q1: approve\nQ2: B\nQ3: In UTC.")
    house.settle_answers()
    assert resolved(house, round) == [False, True, False], "nothing is to be done about the second one"
    states: list[list[bool]] = []

    def look() -> dict[str, Any]:
        states.append(resolved(house, round))
        return done(three="x = 3\n")

    Scripted(house, done(one="x = 1\n"), look)
    chain = Chain(house, issues=round.issue_ids, answeringSessionId=round.id)
    chain.start()
    assert chain.states == ["done", "skipped", "done"] and resolved(house, round) == [True] * 3
    first, _, third = (item["commit"] for item in chain.items)
    for thread, commit, answer in ((round.threads[0], first, ASSUMED), (round.threads[2], third, "In UTC.")):
        [word] = said(thread)
        assert f"/commit/{commit})" in word and word.startswith("Done as answered") and answer in word
    assert said(round.threads[1]) == []
    house.mona.unresolves(round.threads[0])
    house.settle()
    assert f"Askfirst-Answers: {round.id}/Q1" in "".join(chain.commits)
    assert round.check.head_sha == round.pull.head_sha and round.check.conclusion == "success"
    assert house.unfinished() == []


def test_a_question_about_two_issues_is_done_with_after_both(house: House) -> None:
    first, second = filed(house, "One", "Two")
    round = asked(house, {"issue_ids": [first, second]})
    round.approve()
    Scripted(house, done(one="x = 1\n"), done(two="x = 2\n"))
    Chain(house, issues=[first], answeringSessionId=round.id).start()
    assert resolved(house, round) == [False]
    house.post("/runs/create", issueId=second)
    house.settle()
    assert resolved(house, round) == [True]
    assert said(round.threads[0])[0].count("/commit/") == 2
