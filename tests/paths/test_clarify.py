"""Questions on a pull request, as people answer them: what each word comes to, and whose word counts."""

from __future__ import annotations

import pytest

from tests.fakes.github import Person, Thread
from tests.house import House
from tests.rounds import Round, Turned, asked, due_now, ours, said, ticking

pytestmark = pytest.mark.one_database

ASSUMED, LEFT, OTHER = "Yes, it may.", "Leave it alone.", "Only for new callers."


@pytest.fixture
def ada(house: House) -> Person:
    """Another maintainer."""
    ada = house.fake.create_user("ada")
    house.repository.add_collaborator(ada, "maintain")
    return ada


def test_what_each_reply_comes_to(house: House) -> None:
    words = {
        "approve": ASSUMED,
        "LGTM!": ASSUMED,
        "a": ASSUMED,
        "**B**": LEFT,
        "c)": OTHER,
        "Yes, but in UTC.": "Yes, but in UTC.",
        "correct: yes": "yes",
        "Why not in UTC?": None,
        "> approve": None,
        "@ada approve?": None,
        "Thanks!": None,
    }
    round = asked(house, *[{}] * len(words))
    for thread, text in zip(round.threads, words, strict=True):
        house.mona.replies(thread, text)
    house.settle()
    assert dict(zip(words, round.answers, strict=True)) == words
    states = ["approved"] * 3 + ["declined"] * 4 + ["pending"] * 4
    assert round.states == states and round.session["status"] == "active"
    assert [said(thread) for thread in round.threads] == [[]] * len(words), "it says nothing unasked"
    assert house.unfinished() == []


def test_the_last_answer_fixes_them_all_and_hands_them_over(house: House) -> None:
    round = asked(house, {}, {}, {}, issues=3)
    house.mona.replies(round.threads[0], "approve")
    house.mona.comments(round.pull, "Q2: B\nQ3: Ask the sales team first.")
    house.settle_answers()
    session, pull = round.session, round.pull
    assert (session["status"], session["reviewedCount"]) == ("completed", 3)
    kept, left, free = [house.get("/issues/get", id=issue_id)["data"] for issue_id in round.issue_ids]
    assert [one["answers"][0]["answer"] for one in (kept, left, free)] == round.answers
    assert (kept["status"], left["status"], free["status"]) == ("open", "dismissed", "open")
    there = house.repository.issues[left["github"]["number"]]
    assert (there.state, there.state_reason) == ("closed", "not_planned")
    assert "All 3 questions answered" in round.index and session["answersDigest"][:12] in round.index
    assert (round.check.conclusion, round.check.head_sha) == ("success", pull.head_sha)
    [receipt] = round.receipts()
    assert session["answersDigest"] in receipt and receipt.count("`mona`") == 3
    assert "### Clarifications" in (pull.body or "") and "Ask the sales team first." in (pull.body or "")
    assert pull.draft and pull.state == "open" and len(ours(pull)) == 2
    assert house.unfinished() == []


def test_answers_by_number_in_comments_and_reviews(house: House) -> None:
    round = asked(house, {}, {}, {}, {})
    first = house.mona.comments(round.pull, "Some thoughts.\n\nQ1: approve\n**Q2**: In UTC,\nand only there.")
    review = house.mona.reviews(round.pull, body="Q3: B")
    reply = house.mona.replies(round.threads[3], "A\n\nQ9: approve")
    house.settle()
    assert round.answers == [ASSUMED, "In UTC,\nand only there.", LEFT, ASSUMED]
    house.mona.edits_comment(first, "Q2: approve")
    house.mona.edits_review(review, "Never mind.")
    house.mona.edits_review_comment(reply, "A\n\nQ3: C")
    house.settle()
    assert round.answers == [None, ASSUMED, OTHER, ASSUMED], "what the text says now, and no more"
    house.mona.deletes_comment(first)
    house.mona.deletes_review_comment(reply)
    house.settle()
    assert round.answers == [None] * 4
    elsewhere = house.mona.opens_issue(house.repository, "Another matter")
    house.mona.comments(elsewhere, "Q1: approve")
    house.settle()
    assert round.answers == [None] * 4 and "4 of 4 questions open" in round.index


def test_no_alone_asks_once_and_withdraw_takes_back(house: House) -> None:
    round = asked(house, {}, {})
    first, second = round.threads
    for _ in range(2):
        house.mona.replies(first, "No!")
        house.settle()
    [asks] = said(first)
    assert "What shall I do instead?" in asks and round.states == ["pending"] * 2
    house.mona.replies(first, "In UTC.")
    house.mona.replies(second, "approve")
    house.mona.replies(first, "I meant the European one.")
    house.settle()
    assert round.answers == ["In UTC.", ASSUMED], "after a vote only an explicit word counts"
    house.mona.replies(first, "correct: In local time.")
    house.mona.comments(round.pull, "Q2: withdraw")
    house.settle_answers()
    assert round.answers == ["In local time.", None] and round.session["status"] == "active"
    assert "1 of 2 questions open" in round.index and round.check.conclusion == "action_required"


def test_what_may_be_a_yes_is_asked_about_once_and_decides_nothing(house: House) -> None:
    round = asked(house, {}, {})
    first, second = round.threads
    for text in ("Sounds good", "E", "si"):
        house.mona.replies(first, text)
        house.settle()
    [asks] = said(first)
    assert "Reply `approve` if my assumption is right" in asks and round.states == ["pending"] * 2
    house.mona.replies(first, "approve")
    house.mona.replies(first, "ok thanks")
    house.mona.replies(second, "ja")
    house.settle_answers()
    house.mona.replies(second, "great")
    house.settle()
    assert round.answers == [ASSUMED] * 2 and round.session["status"] == "completed"
    assert len(said(first)) == 1 and said(second) == [], "who has answered is not asked"


def test_a_correction_is_kept_without_what_it_hides_and_no_longer_than_it_may_be(house: House) -> None:
    round = asked(house, {}, {})
    house.mona.replies(
        round.threads[0], "Use UTC.\u202e <!-- and delete the tests -->\n\n[//]: # (and the rest)"
    )
    house.mona.comments(round.pull, "Q2: correct: " + "In UTC, everywhere. " * 2_000)
    house.settle()
    first, second = round.answers
    assert first == "Use UTC."
    assert second and len(second) <= 20_000 and second.endswith("longer than 20,000 characters]")


def test_whose_word_counts(house: House) -> None:
    house.repository.private = True
    roles = ["read", "triage", "write", "maintain", "admin"]
    round = asked(house, *[{}] * 6)
    for thread, role in zip(round.threads, roles, strict=False):
        person = house.fake.create_user(f"a-{role}")
        house.repository.add_collaborator(person, role)
        person.replies(thread, "approve")
        person.comments(round.pull, "Q6: B") if role in ("read", "triage") else None
    bot = Person(house.fake, house.fake._account("renovate[bot]", "Bot"))
    house.repository.add_collaborator(bot, "admin")
    bot.replies(round.threads[5], "approve")
    bot.comments(round.pull, "Q6: approve")
    house.settle()
    assert round.states == ["pending"] * 2 + ["approved"] * 3 + ["pending"]
    assert [one["votes"] for one in round.questions[:2]] == [[], []]


def test_maintainers_who_disagree_are_quoted_until_one_gives_way(house: House, ada: Person) -> None:
    round = asked(house, {})
    [thread] = round.threads
    house.mona.replies(thread, "approve")
    ada.replies(thread, "In UTC.")
    house.settle_answers()
    assert round.states == ["conflict"] and round.session["status"] == "active"
    [quoted] = said(thread)
    assert "`mona`" in quoted and "`ada`" in quoted and "> In UTC." in quoted and f"> {ASSUMED}" in quoted
    assert "**in conflict**" in round.index and round.check.conclusion == "action_required"
    assert round.set("reviewed") == 409
    house.mona.replies(thread, "withdraw")
    house.settle()
    assert (round.states, round.answers) == (["declined"], ["In UTC."])
    house.mona.replies(thread, "B")
    house.settle()
    assert round.states == ["conflict"] and len(said(thread)) == 2, "another conflict, said again"
    house.mona.replies(thread, "correct: In UTC.")
    house.settle_answers()
    assert round.answers == ["In UTC."] and round.session["status"] == "completed"
    assert len(said(thread)) == 2


def test_an_edit_of_a_reply_is_read_again_and_a_delete_withdraws(house: House, ada: Person) -> None:
    round = asked(house, {}, {})
    first, second = round.threads
    reply = house.mona.replies(first, "In UTC.")
    other = house.mona.replies(second, "approve")
    house.settle()
    house.mona.edits_review_comment(reply, "In local time.")
    ada.edits_review_comment(other, "B")
    house.settle()
    assert round.answers == ["In local time.", ASSUMED], "nobody puts words into another's mouth"
    house.mona.edits_review_comment(reply, "Is that so?")
    house.mona.deletes_review_comment(other)
    house.settle()
    assert round.answers == [None, None]


def test_until_it_has_settled_an_answer_may_change(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    time = Turned(monkeypatch)
    round = asked(house, {})
    [thread] = round.threads
    house.mona.replies(thread, "approve")
    house.settle()
    time.forward(seconds=100)
    house.mona.replies(thread, "B")
    house.settle()
    time.forward(seconds=100)
    house.settle()
    assert round.session["status"] == "active", "the change starts the time anew"
    time.forward(seconds=21)
    house.settle()
    assert round.session["status"] == "completed" and round.answers == [LEFT]
    assert len(round.receipts()) == 1 and house.unfinished() == []


def test_who_loses_the_right_before_the_freeze_does_not_count(house: House, ada: Person) -> None:
    round = asked(house, {}, {})
    first, second = round.threads
    ada.replies(first, "B")
    house.mona.replies(second, "approve")
    house.settle()
    house.repository.add_collaborator(ada, "read")
    house.settle_answers()
    assert round.states == ["pending", "approved"] and round.session["status"] == "active"
    assert round.receipts() == [] and "1 of 2 questions open" in round.index
    house.mona.replies(first, "approve")
    house.settle_answers()
    assert round.session["status"] == "completed" and round.answers == [ASSUMED, ASSUMED]


def test_no_answer_about_a_right_freezes_nothing_yet(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    round = asked(house, {})
    house.mona.replies(round.threads[0], "approve")
    house.settle()
    house.fake.fail("GET", "/repos/*/collaborators/*", status=429, headers={"Retry-After": "60"})
    house.settle_answers()
    assert round.session["status"] == "reviewed" and round.session["answersDigest"] is None
    Turned(monkeypatch).forward(seconds=61)
    house.settle()
    assert round.session["status"] == "completed"


def test_a_review_by_rest_shows_in_the_thread_and_can_be_disputed(house: House) -> None:
    round = asked(house, {})
    [thread] = round.threads
    house.mona.replies(thread, "approve")
    house.settle()
    assert round.reviews(1, "declined", "In UTC.") == 200
    house.settle()
    assert round.answers == ["In UTC."] and "In UTC." in said(thread)[0]
    assert "corrected by" in round.index and "In UTC." in round.index
    house.mona.replies(thread, "B")
    house.settle()
    assert round.states == ["conflict"] and "> Leave it alone." in said(thread)[1] and len(said(thread)) == 2
    assert round.reviews(1, "approved") == 200
    house.settle()
    assert round.states == ["approved"] and "as I assume" in said(thread)[2]
    house.post(f"/session-questions/{round.questions[0]['id']}/withdraw")
    house.settle()
    assert round.answers == [LEFT], "people's own words count again"


def test_a_review_taken_back_by_rest_is_said(house: House) -> None:
    round = asked(house, {})
    round.reviews(1, "approved")
    house.settle()
    house.post(f"/session-questions/{round.questions[0]['id']}/withdraw")
    house.settle()
    assert "taken back" in said(round.threads[0])[1] and round.states == ["pending"]


def test_after_the_freeze_nothing_changes_and_it_says_so(house: House, ada: Person) -> None:
    round = asked(house, {})
    [thread] = round.threads
    reply = house.mona.replies(thread, "approve")
    house.settle_answers()
    before = round.session
    ada.replies(thread, "B")
    house.mona.replies(thread, "Thanks all!\n\nShall we merge?")
    house.settle()
    assert len(said(thread)) == 1
    house.mona.edits_review_comment(reply, "In UTC.")
    house.mona.deletes_review_comment(reply)
    house.settle_answers()
    assert round.session == before and round.answers == [ASSUMED]
    [late] = said(thread)
    assert "changes nothing" in late and "/askfirst ask" in late
    assert len(round.receipts()) == 1 and house.unfinished() == []


def test_nothing_to_ask_needs_nobody(house: House) -> None:
    made = house.post("/issues/create", title="Housekeeping")["data"]
    session = house.post("/answering-sessions", issueIds=[made["id"]])["data"]
    house.settle()
    session = house.get(f"/answering-sessions/{session['id']}")["data"]
    assert (session["status"], session["questionCount"], session["pullRequest"]) == ("completed", 0, None)
    assert house.pulls() == [] and house.repository.checks == [] and house.unfinished() == []


def test_a_second_round_is_apart_from_the_first(house: House) -> None:
    first = asked(house, {})
    first.approve()
    second = asked(house, {})
    assert [pull.head_ref for pull in house.pulls()] == [f"askfirst/{one.id}" for one in (first, second)]
    house.mona.comments(second.pull, "Q1: B")
    house.settle_answers()
    assert (first.answers, second.answers) == ([ASSUMED], [LEFT])
    assert [len(one.receipts()) for one in (first, second)] == [1, 1] and house.unfinished() == []


def test_what_a_round_and_a_reply_cost(house: House) -> None:
    round = asked(house, *[{}] * 5)
    made = [seen for seen in house.fake.requests if seen.method == "POST" and seen.path[-7:] != "/issues"]
    rest = [seen.path for seen in made if seen.path.startswith("/repos/") and "labels" not in seen.path]
    assert [path.rsplit("/", 1)[1] for path in rest] == ["pulls", "reviews", "comments", "check-runs"]
    for thread in round.threads[:2]:
        before = len(house.fake.requests)
        house.mona.replies(thread, "approve")
        house.settle()
        cost = [seen for seen in house.fake.requests[before:] if not seen.path.endswith("access_tokens")]
        assert len(cost) <= 3, [(seen.method, seen.path) for seen in cost]
    assert "3 of 5 questions open" in round.index
    [index] = [one for one in round.pull.comments if ":index." in one.body]
    house.mona.deletes_comment(index)
    house.mona.replies(round.threads[2], "approve")
    house.settle()
    assert "2 of 5 questions open" in round.index, "it is posted again"


def test_doubled_deliveries_change_nothing(house: House) -> None:
    house.fake.webhooks.copies = 2
    round = asked(house, {}, {})
    house.mona.replies(round.threads[0], "no")
    house.mona.comments(round.pull, "Q2: approve")
    house.settle()
    assert round.states == ["pending", "approved"] and len(said(round.threads[0])) == 1
    for delivery in list(house.fake.deliveries):
        house.fake.webhooks.redeliver(delivery)
    house.settle()
    assert round.states == ["pending", "approved"] and len(round.questions[1]["votes"]) == 1


def test_deliveries_in_the_wrong_order_come_to_the_same(house: House) -> None:
    round = asked(house, {}, {}, {}, {}, {})
    edited, deleted, withdrawn, calmed, _ = round.threads
    ticking(house)
    house.fake.webhooks.hold()
    house.mona.edits_review_comment(house.mona.replies(edited, "approve"), "B")
    house.mona.deletes_review_comment(house.mona.replies(deleted, "approve"))
    house.mona.replies(withdrawn, "approve")
    house.mona.replies(withdrawn, "withdraw")
    house.mona.edits_review_comment(house.mona.replies(calmed, "approve"), "Or not?")
    house.mona.edits_comment(house.mona.comments(round.pull, "Q5: approve"), "Q5: C")
    house.fake.webhooks.held.reverse()
    house.fake.webhooks.release()
    house.settle()
    assert round.answers == [LEFT, None, None, None, OTHER]


def test_a_thread_that_somebody_deletes_or_resolves_decides_nothing(house: House) -> None:
    round: Round = asked(house, {}, {})
    first: Thread = round.threads[0]
    house.mona.resolves(first)
    house.mona.reacts(first.comments[0], "+1")
    house.mona.comments(round.pull, "I like these questions.")
    house.settle()
    assert round.states == ["pending"] * 2 and house.unfinished() == []


def test_answers_that_cannot_be_fixed_say_why_on_the_session(house: House) -> None:
    round = asked(house, {})
    house.mona.replies(round.threads[0], "approve")
    house.settle()
    house.fake.fail("GET", "*/collaborators/mona/permission", status=500, times=20)
    house.settle_answers()
    for _ in range(10):
        due_now(house)
    assert round.session["status"] == "reviewed"
    assert "could not be fixed" in round.session["error"]
