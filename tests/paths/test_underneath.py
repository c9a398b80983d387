"""What people do to an open round besides answering, and what time does to it."""

from __future__ import annotations

import pytest

from bot.domain import answering, projects
from tests.fakes.github import Person
from tests.house import House
from tests.paths.test_clarify import ASSUMED, LEFT
from tests.paths.test_elsewhere import big, place, proposed
from tests.rounds import BOT, QUESTION, Turned, asked, due_now, ours, said

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def ada(house: House) -> Person:
    """Another maintainer."""
    ada = house.fake.create_user("ada")
    house.repository.add_collaborator(ada, "maintain")
    return ada


# what others write


def test_anothers_edit_of_an_answer_is_flagged_once(house: House, ada: Person) -> None:
    round = asked(house, {}, {})
    reply = house.mona.replies(round.threads[0], "approve")
    comment = house.mona.comments(round.pull, "Q2: approve")
    talk = house.mona.replies(round.threads[1], "Is that so?")
    house.settle()
    for text in ("B", "C"):
        ada.edits_review_comment(reply, text)
        house.settle()
    ada.edits_comment(comment, "Q2: B")
    ada.edits_review_comment(talk, "It is so.")
    house.settle()
    assert round.answers == [ASSUMED] * 2
    for thread in round.threads:
        [flag] = said(thread)
        assert "`ada` edited what `mona` wrote" in flag and "does not count" in flag
    house.mona.edits_review_comment(reply, "In UTC.")
    house.settle()
    assert round.answers == ["In UTC.", ASSUMED], "the author's own edit does count"


def test_who_may_not_decide_is_told_once_where_they_meant_to(house: House) -> None:
    round = asked(house, {}, {})
    house.stranger.replies(round.threads[0], "Have you thought of summer time?")
    house.stranger.replies(round.threads[0], "I would take UTC everywhere.")
    house.settle()
    assert said(round.threads[0]) == [], "a remark is welcome"
    house.stranger.replies(round.threads[0], "LGTM!")
    house.stranger.replies(round.threads[1], "B")
    house.stranger.comments(round.pull, "Q1: B\nQ2: C")
    house.settle()
    [told] = said(round.threads[0])
    assert "you have **read**" in told and "**write**" in told and said(round.threads[1]) == []
    assert round.states == ["pending"] * 2 and len(ours(round.pull)) == 1
    assert [one["votes"] for one in round.questions] == [[], []] and house.unfinished() == []


def test_an_edit_by_who_lost_the_right_unsays_the_answer(house: House, ada: Person) -> None:
    round = asked(house, {})
    reply = ada.replies(round.threads[0], "approve")
    house.settle()
    house.repository.add_collaborator(ada, "read")
    ada.edits_review_comment(reply, "Ship it to everybody!")
    house.settle()
    assert round.states == ["pending"] and round.questions[0]["votes"] == []
    house.repository.add_collaborator(ada, "write")
    house.settle()
    assert round.states == ["pending"], "and it does not come back"


def test_a_late_word_after_the_freeze_is_told_also_for_edits_and_deletes(house: House) -> None:
    round = asked(house, {}, {})
    first = house.mona.replies(round.threads[0], "approve")
    house.mona.comments(round.pull, "Q2: approve")
    house.settle_answers()
    before = (round.session, round.questions)
    house.mona.deletes_review_comment(first)
    house.mona.deletes_comment(next(one for one in round.pull.comments if one.user is house.mona.account))
    house.settle_answers()
    assert (round.session, round.questions) == before
    for thread in round.threads:
        assert "changes nothing" in said(thread)[-1] and "/askfirst ask" in said(thread)[-1]


# what is ours


def test_a_question_that_somebody_deletes_is_asked_again_once(house: House) -> None:
    round = asked(house, {}, {})
    old, other = round.threads
    house.mona.replies(old, "approve")
    house.settle()
    house.mona.deletes_review_comment(old.comments[0])
    house.settle()
    new = max(round.threads, key=lambda thread: thread.top)
    assert "**Q1**" in new.comments[0].body and new.original.line == old.original.line
    assert round.questions[0]["github"]["url"].endswith(str(new.top)) and round.states[0] == "approved"
    house.mona.replies(new, "B")
    house.settle()
    assert round.answers[0] == LEFT
    house.mona.replies(old, "correct: In UTC.")
    house.settle()
    assert round.answers[0] == "In UTC.", "the old thread is still about it"
    threads = len(round.threads)
    house.mona.deletes_review_comment(new.comments[0])
    house.mona.replies(other, "approve")
    house.settle()
    assert len(round.threads) == threads and round.questions[0]["github"] is None
    house.mona.comments(round.pull, "Q1: approve")
    house.settle_answers()
    assert round.answers == [ASSUMED] * 2 and round.session["status"] == "completed"
    assert house.unfinished() == []


def test_a_question_that_is_lost_with_its_branch_is_asked_in_a_comment(house: House) -> None:
    round = asked(house, {}, {})
    branch = round.pull.head_ref
    house.mona.deletes_branch(house.repository, branch)
    house.mona.deletes_review_comment(round.threads[0].comments[0])
    house.settle()
    assert f"refs/heads/{branch}" not in house.repository.git.refs(), "what people took away stays away"
    assert "`Q1: approve`" in ours(round.pull)[-1] and house.unfinished() == []
    house.mona.comments(round.pull, "Q1: B\nQ2: approve")
    house.settle_answers()
    assert round.answers == [LEFT, ASSUMED] and round.session["status"] == "completed"


def test_questions_that_come_later_have_threads_too(house: House) -> None:
    round = asked(house, {})
    with house.db.write() as tx:
        project = projects.find(tx, "mona/shop")
        session = answering.get(tx, project.id, round.id, lock=True)
        more = QUESTION | {"external_id": "later", "issue_ids": [], "question": "And now?"}
        answering.asked(tx, project, session, [more])
    house.settle()
    first, second = round.threads
    assert "And now?" in second.comments[0].body and second.original.path == first.original.path
    assert "2 of 2 questions open" in round.index and round.check.head_sha == round.pull.head_sha
    house.mona.replies(second, "B")
    house.settle()
    assert round.answers == [None, LEFT] and len(house.pulls()) == 1 and house.unfinished() == []


def test_an_index_that_somebody_deletes_is_posted_again_once(house: House) -> None:
    pull = proposed(house, new="a = 1\n")
    round = asked(house, {}, on=pull.number)
    for _ in range(2):
        for comment in [one for one in pull.comments if one.user.login == BOT]:
            house.mona.deletes_comment(comment)
        house.settle()
        if len(ours(pull)) == 2:
            assert any("1 of 1 question open" in text for text in ours(pull)), "question and index"
    assert ours(pull) == []
    house.mona.comments(pull, "Q1: approve")
    house.settle_answers()
    assert round.session["status"] == "completed" and len(ours(pull)) == 1 == len(round.receipts())


def test_an_assumption_that_changes_is_what_people_read(house: House) -> None:
    round = asked(house, {})
    path = f"/api/v1/session-questions/{round.questions[0]['id']}/assumption"
    house.web.put(path, json={"assumption": "Only in tests."}, headers=house.headers())
    house.settle()
    assert "**I assume:** Only in tests." in round.threads[0].comments[0].body
    assert "Only in tests." in round.index
    house.mona.replies(round.threads[0], "approve")
    house.settle()
    assert round.answers == ["Only in tests."]


# what moves underneath


def test_a_push_to_the_pull_request_moves_the_check_and_marks_changed_lines(house: House) -> None:
    pull = proposed(house, big=big(20, 30))
    round = asked(
        house, place("big.py", 20), place("big.py", 29, 31), place("big.py", 5), on=pull.number, at=pull.head_sha
    )  # fmt: skip
    asked_at = pull.head_sha
    house.mona.pushes(house.repository, {"big.py": big(20, 30, 31)}, "More", "topic")
    house.settle()
    assert round.check.head_sha == pull.head_sha != asked_at and len(round.checks) == 2
    marks = [f"asked at [`{asked_at[:12]}`]" in row for row in round.index.split("\n") if "](http" in row]
    assert marks == [False, True, False]
    assert f"*Asked at [`{asked_at[:12]}`]" in round.threads[1].comments[0].body
    assert "Asked at" not in round.threads[0].comments[0].body
    house.mona.pushes(house.repository, {"big.py": big(20, 30)}, "Less", "topic")
    house.settle()
    assert "asked at" not in round.index and "Asked at" not in round.threads[1].comments[0].body
    house.mona.pushes(
        house.repository, {"big.py": big(30).replace("line_5 = 5\n", "new = 1\nline_5 = 5\n")}, "On", "topic"
    )
    house.settle()
    marks = [f"asked at [`{asked_at[:12]}`]" in row for row in round.index.split("\n") if "](http" in row]
    assert marks == [True, False, False], "a line above is none of its lines"
    house.mona.comments(pull, "Q1: approve\nQ2: approve\nQ3: approve")
    house.settle_answers()
    assert round.session["status"] == "completed" and round.check.conclusion == "success"
    assert house.unfinished() == []


def test_a_push_to_the_default_branch_marks_changed_lines_too(house: House) -> None:
    main = house.repository.git.refs()["refs/heads/main"]
    round = asked(house, place("shop/cart.py", 4), place("deploy.sh", 2), at=main)
    house.mona.pushes(house.repository, {"deploy.sh": None}, "Away with it")
    house.settle()
    first, second = [thread.comments[0].body for thread in round.threads]
    assert "Asked at" not in first and f"*Asked at [`{main[:12]}`]" in second
    assert house.unfinished() == []


def test_somebody_pushes_to_our_branch(house: House) -> None:
    round = asked(house, {})
    house.mona.pushes(house.repository, {"notes.md": "Mine.\n"}, "My notes", round.pull.head_ref)
    house.settle()
    assert round.check.head_sha == round.pull.head_sha and round.check.conclusion == "action_required"
    round.approve()
    assert round.session["status"] == "completed" and round.check.head_sha == round.pull.head_sha
    log = [row["message"].splitlines()[0] for row in house.repository.git.log(round.pull.head_ref, "^main")]
    assert log[1:] == ["My notes", "Ask 1 question before code is written [skip ci]"]
    assert log[0].startswith("Write down the answers")


@pytest.mark.parametrize("how", ["closed", "merged", "deleted"])
def test_a_pull_request_that_ends_leaves_the_round_to_rest(house: House, how: str) -> None:
    round = asked(house, {}, {})
    pull = round.pull
    if how == "merged":
        house.mona.marks_ready(pull)
        house.mona.merges(pull)
    elif how == "closed":
        house.mona.closes_pull_request(pull)
    else:
        house.mona.deletes_branch(house.repository, pull.head_ref)
    house.settle()
    word = "is merged" if how == "merged" else "is closed"
    assert f"#{pull.number} {word}" in round.session["error"] and round.session["status"] == "active"
    assert [round.reviews(number, "approved") for number in (1, 2)] == [200, 200]
    house.settle()
    if how == "closed":
        house.mona.reopens_pull_request(pull)
        house.settle()
        assert round.session["error"] is None
    assert round.set("reviewed") == 200
    house.settle()
    assert round.session["status"] == "completed" and round.answers == [ASSUMED] * 2
    assert len(round.receipts()) == 1 and house.unfinished() == []
    assert (f"refs/heads/{pull.head_ref}" in house.repository.git.refs()) == (how != "deleted")


def test_an_archived_round_asks_nobody_any_more(house: House) -> None:
    round = asked(house, {})
    path = f"/api/v1/answering-sessions/{round.id}"
    house.web.delete(path, headers=house.headers())
    house.settle()
    assert "put away" in round.index and round.check.conclusion == "neutral"
    house.mona.replies(round.threads[0], "approve")
    house.settle()
    house.post(f"/answering-sessions/{round.id}/restore")
    house.settle()
    assert "1 of 1 question open" in round.index and round.check.conclusion == "action_required"


# silence


def reminders(house: House, number: int) -> list[str]:
    texts = ours(house.repository.pulls[number])
    return [text for text in texts if ":reminder." in text]


def test_silence_is_broken_after_a_day_and_after_three_and_never_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Turned(monkeypatch)
    round = asked(house, {}, {}, by="github:mona")
    number = round.pull.number
    house.mona.comments(round.pull, "Q1: approve")
    house.settle()
    time.forward(hours=23)
    house.settle()
    due_now(house)
    assert reminders(house, number) == []
    time.forward(hours=1, minutes=1)
    for _ in range(2):
        house.settle()
    [first] = reminders(house, number)
    assert "@mona, you asked for this: 1 question" in first and "[Q2](" in first and "Q1" not in first
    time.forward(hours=47)
    house.settle()
    assert len(reminders(house, number)) == 1
    time.forward(hours=2)
    house.settle()
    assert "shall not remind again" in reminders(house, number)[1]
    time.forward(days=30)
    house.settle()
    assert len(reminders(house, number)) == 2 and round.states == ["approved", "pending"]
    assert house.unfinished() == []


def test_after_a_standstill_one_reminder_is_enough_and_nobody_else_is_called(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Turned(monkeypatch)
    round = asked(house, {})
    time.forward(days=10)
    house.settle()
    [only] = reminders(house, round.pull.number)
    assert "@" not in only.replace("@ ", "") and "shall not remind again" in only


@pytest.mark.parametrize("end", ["answered", "archived", "withdrawn"])
def test_nobody_is_reminded_of_what_is_not_open(
    house: House, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    time = Turned(monkeypatch)
    round = asked(house, {})
    number = round.pull.number
    if end == "answered":
        round.approve()
    elif end == "archived":
        house.web.delete(f"/api/v1/answering-sessions/{round.id}", headers=house.headers())
    else:
        time.forward(hours=20)
        house.mona.replies(round.threads[0], "approve")
        house.settle()
        house.mona.replies(round.threads[0], "withdraw")
    house.settle()
    time.forward(hours=23)
    house.settle()
    assert reminders(house, number) == [], "an answer, even one taken back, is no silence"
    time.forward(days=9)
    house.settle()
    assert len(reminders(house, number)) == (1 if end == "withdrawn" else 0)
