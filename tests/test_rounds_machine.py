"""Whatever people, callers, time and GitHub do to a round, in any order: it stands as the rules say, everywhere."""

from __future__ import annotations

import os
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.domain import answering, projects, questions
from bot.domain.votes import Source, Voter
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.store import clock
from tests.fakes.github import Comment, Delivery, Person, PullRequest, Refused, ReviewComment
from tests.fakes.github import auth as fakes_auth
from tests.house import House
from tests.rounds import QUESTION, Round, ours
from tests.rounds_model import LEFT, MEANS, Model, Telling

COUNT = 3
which = st.integers(1, COUNT)
words = st.sampled_from(sorted(MEANS))
people = st.sampled_from(["mona", "ada", "ben", "cy"])
Text = Comment | ReviewComment
SHOWN = {
    "**open**": "pending",
    "**in conflict**": "conflict",
    "approved": "approved",
    "corrected": "declined",
}


class Town(House):
    """A house whose clock and whose GitHub's stand still together, and which asks GitHub without a socket."""

    def __init__(self, database_url: str, home: Path) -> None:
        super().__init__(database_url, home)
        self.runner = Runner(self.db, Tools(self.config, httpx.WSGITransport(self.fake.app)))
        self.people = {"mona": self.mona}
        for login, role in (("ada", "maintain"), ("ben", "write"), ("cy", "read")):
            self.people[login] = self.fake.create_user(login)
            self.repository.add_collaborator(self.people[login], role)

    def environment(self) -> dict[str, str]:
        return super().environment() | {"ASKFIRST_WRITES_PER_MINUTE": "100000"}

    def proposal(self) -> PullRequest:
        """Another pull request of mona's, with a file of as many lines as there are questions."""
        branch = f"topic-{len(self.repository.pulls)}"
        text = "".join(f"line = {number}\n" for number in range(COUNT))
        self.mona.pushes(self.repository, {f"{branch}.py": text}, "Mine", branch)
        return self.mona.opens_pull_request(self.repository, branch)


class Rounds(RuleBasedStateMachine):
    """People with changing rights answer three questions on a pull request: two in threads, one by its number."""

    town: ClassVar[Town]
    time: ClassVar[list[datetime]]  # the present

    @initialize()
    def it_is_asked(self) -> None:
        house = self.house = self.town
        house.fake.webhooks.release()
        house.repository.add_collaborator(house.people["ada"], "maintain")
        house.repository.add_collaborator(house.people["ben"], "write")
        house.repository.add_collaborator(house.people["cy"], "read")
        self.pull = house.proposal()
        path = self.pull.head_ref + ".py"
        with house.db.write() as tx:
            project = projects.find(tx, "mona/shop")
            made = {"issue_ids": [], "pull_request_number": self.pull.number, "agent": False}
            session = answering.create(tx, project, created_by="key:test", **made)
            session.agent = True
            found = [
                QUESTION | {"external_id": f"q{number}", "issue_ids": []}
                | {"places": [{"path": path, "startLine": number, "endLine": number}] if number < COUNT else []}
                for number in range(1, COUNT + 1)
            ]  # fmt: skip
            answering.asked(tx, project, session, found)
        house.settle()
        self.round = Round(house, session.id, [])
        self.threads = self.round.threads
        self.model = Model(COUNT, lambda login: house.repository.role_of(house.people[login].account))
        self.texts: list[Text] = []
        self.told = len(house.fake.deliveries)
        self.heard: set[str] = set()

    # what people write

    @rule(who=people, number=st.integers(1, COUNT - 1), text=words, aside=st.none() | st.tuples(which, words))
    def replies(self, who: str, number: int, text: str, aside: tuple[int, str] | None) -> None:
        body = text + (f"\n\nQ{aside[0]}: {aside[1]}" if aside and aside[0] != number else "")
        self.act(lambda: self.texts.append(self.by(who).replies(self.threads[number - 1], body)))

    @rule(who=people, said=st.dictionaries(which, words, min_size=1))
    def comments(self, who: str, said: dict[int, str]) -> None:
        body = "\n".join(f"Q{number}: {text}" for number, text in said.items())
        self.act(lambda: self.texts.append(self.by(who).comments(self.pull, body)))

    @rule(who=people, index=st.integers(0, 30), number=which, text=words)
    def edits(self, who: str, index: int, number: int, text: str) -> None:
        if self.texts:
            found = self.texts[index % len(self.texts)]
            body = text if isinstance(found, ReviewComment) else f"Q{number}: {text}"
            editor = self.by(who)
            edit = editor.edits_review_comment if isinstance(found, ReviewComment) else editor.edits_comment
            self.act(lambda: edit(found, body))  # type: ignore[arg-type]

    @rule(index=st.integers(0, 30), text=words)
    def author_edits(self, index: int, text: str) -> None:
        if self.texts:
            found = self.texts[index % len(self.texts)]
            self.edits(found.user.login, index, 1 + index % COUNT, text)

    @rule(index=st.integers(0, 30), by_mona=st.booleans())
    def deletes(self, index: int, by_mona: bool) -> None:
        if self.texts:
            found = self.texts[index % len(self.texts)]
            person = self.house.mona if by_mona else self.by(found.user.login)
            gone = isinstance(found, ReviewComment)
            delete = person.deletes_review_comment if gone else person.deletes_comment
            self.act(lambda: delete(found))  # type: ignore[arg-type]
            self.texts.remove(found)

    # what is decided

    @rule(
        number=which, review=st.sampled_from([("approved", None), ("declined", "B"), ("declined", "In UTC.")])
    )
    def reviews_by_rest(self, number: int, review: tuple[str, str | None]) -> None:
        self.tick()
        status, said = review
        answered = self.round.reviews(number, status, said)
        assert answered == (200 if self.model.status == "active" else 409)
        if answered == 200:
            self.model.review(number, status, LEFT if said == "B" else said, self.now)
        self.work()

    @rule(number=which)
    def withdraws_by_rest(self, number: int) -> None:
        self.tick()
        answer = self.house.post(f"/session-questions/{self.round.questions[number - 1]['id']}/withdraw")
        assert ("data" in answer) == (self.model.status == "active")
        if "data" in answer:
            self.model.withdraw(number)
        self.work()

    @rule(number=which, who=people, text=st.sampled_from([("approved", None), ("declined", LEFT)]))
    def decides(self, number: int, who: str, text: tuple[str, str | None]) -> None:
        self.tick()
        if self.model.may(who, "maintain") and self.model.status == "active":
            voter = Voter(who, self.by(who).account.id)
            self.command(questions.decide, number, voter, *text)
            self.model.decide(number, who, *text, self.now)
            self.work()

    @rule(number=which)
    def reopens(self, number: int) -> None:
        self.tick()
        if self.model.status == "active":
            self.command(questions.reopen, number)
            self.model.reopen(number, self.now)
            self.work()

    @rule()
    def goes_on(self) -> None:
        self.tick()
        before = self.model.status
        answered = self.round.set("reviewed")
        assert (answered == 200) == (before == "active" and self.model.is_answered)
        self.model.proceed(self.now)
        self.work()

    # what happens around it

    @rule(
        who=st.sampled_from(["ada", "ben", "cy"]),
        role=st.sampled_from(["read", "triage", "write", "maintain"]),
    )
    def rights_change(self, who: str, role: str) -> None:
        self.house.repository.add_collaborator(self.by(who), role)

    @rule()
    def somebody_pushes(self) -> None:
        name = f"more-{len(self.house.fake.deliveries)}.py"
        self.act(
            lambda: self.house.mona.pushes(self.house.repository, {name: "x = 1\n"}, "On", self.pull.head_ref)
        )

    @rule(seconds=st.sampled_from([0, 5, 121, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.tick(seconds)

    @rule()
    def webhooks_are_held_back(self) -> None:
        self.house.fake.webhooks.hold()

    @rule(seed=st.integers(0, 9))
    def they_arrive_in_any_order(self, seed: int) -> None:
        self.tick()
        hooks = self.house.fake.webhooks
        random.Random(seed).shuffle(hooks.held)
        arrived = list(hooks.held)
        hooks.release()
        self.take(arrived)
        self.work()

    @rule(index=st.integers(0, 100))
    def one_is_delivered_again(self, index: int) -> None:
        mine = self.house.fake.deliveries[self.told :]
        if mine and not self.house.fake.webhooks.holding:
            self.tick()
            self.take([self.house.fake.webhooks.redeliver(mine[index % len(mine)])])
            self.work()

    # how it must stand

    @invariant()
    def it_stands_as_the_rules_say(self) -> None:
        if hasattr(self, "model"):
            session, found = self.round.session, self.round.questions
            states = ["conflict" if one["conflict"] else one["status"] for one in found]
            self.is_so_by_rest(session, found, states)
            self.is_so_in_the_index(states)
            self.is_so_in_the_check(states)
            if self.model.status == "completed":
                self.is_fixed_for_good(session)

    def is_so_by_rest(self, session: Any, found: list[Any], states: list[str]) -> None:
        asked = list(self.model.questions.values())
        fixed = self.model.status == "completed"
        answers = self.model.frozen if fixed else [one.answer for one in asked]
        reviewed = sum(answer is not None for answer in answers)
        assert (session["status"], session["reviewedCount"]) == (self.model.status, reviewed)
        assert [one["answer"] for one in found] == answers
        for shown, state, question in [] if fixed else zip(found, states, asked, strict=True):
            assert state == question.state
            votes = {(vote["by"], vote["status"], vote["correction"]) for vote in shown["votes"]}
            assert votes == {(who, *word.said[:2]) for who, (_, word) in question.votes().items()}
            if question.decision and question.answer is not None:
                by = question.decision.by
                assert (shown["reviewedBy"], shown["via"] == "rest") == (by, by.startswith("key:"))

    def is_so_in_the_index(self, states: list[str]) -> None:
        [index] = [text for text in ours(self.pull) if f":index.{self.round.id}" in text]
        rows = re.findall(r"^\| \[Q\d\].* \| (.*) \|$", index, re.MULTILINE)
        shown = [next(state for word, state in SHOWN.items() if row.startswith(word)) for row in rows]
        assert shown == states
        left = sum(state in ("pending", "conflict") for state in states)
        assert (f"{left} of {COUNT} questions open" if left else f"All {COUNT} questions answered") in index
        assert ("These answers are fixed" in index) == (self.model.status == "completed")

    def is_so_in_the_check(self, states: list[str]) -> None:
        checks = [one for one in self.house.repository.checks if one.head_sha == self.pull.head_sha]
        if self.house.fake.webhooks.holding and not checks:
            return  # we were not told of the push yet
        [check] = checks
        done, left = self.model.status == "completed", sum(one in ("pending", "conflict") for one in states)
        waiting = (
            f"{left} of {COUNT} questions waiting for a person" if left else "All answered, fixed in a moment"
        )
        title = f"All {COUNT} questions answered" if done else waiting
        assert (check.output["title"], check.conclusion == "success") == (title, done)

    def is_fixed_for_good(self, session: Any) -> None:
        """What agents are given is what people who may decide said, and never changes again."""
        self.digest = getattr(self, "digest", session["answersDigest"])
        receipt = self.house.get(f"/answering-sessions/{self.round.id}/receipt")["data"]
        assert receipt["answersDigest"] == session["answersDigest"] == self.digest
        assert [one["answer"] for one in receipt["answers"]] == self.model.frozen
        [posted] = [text for text in ours(self.pull) if f":receipt.{self.round.id}:" in text]
        assert self.digest in posted

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.they_arrive_in_any_order(0)
            self.it_stands_as_the_rules_say()
            left = [job for job, _ in self.house.unfinished() if job != "settle"]
            assert left == [], "but for slips that are waited for nothing is left to do"

    # how it is done

    @property
    def now(self) -> datetime:
        return self.time[0]

    def by(self, login: str) -> Person:
        return self.house.people[login]

    def tick(self, seconds: int = 1) -> None:
        """Time goes on, and what is due then is done."""
        self.time[0] += timedelta(seconds=seconds)
        self.work()

    def work(self) -> None:
        self.house.settle()
        self.model.time(self.now)

    def act(self, does: Callable[[], object]) -> None:
        """Somebody does something on GitHub, where they may."""
        self.tick()
        before = len(self.house.fake.deliveries)
        try:
            does()
        except Refused:
            return
        if not self.house.fake.webhooks.holding:
            self.take(self.house.fake.deliveries[before:])
        self.work()

    def take(self, arrived: list[Delivery]) -> None:
        """The model hears of what arrived; of what it has heard already it takes no notice."""
        for delivery in arrived:
            if delivery.guid not in self.heard and (told := telling(delivery, self.threads)):
                self.model.take(told, self.now)
            self.heard.add(delivery.guid)

    def command(self, does: Callable[..., None], number: int, *said: Any) -> None:
        """What a command comes to that the sender may give."""
        with self.house.db.write() as tx:
            project = projects.find(tx, "mona/shop")
            session = answering.get(tx, project.id, self.round.id, lock=True)
            question = answering.questions(tx, session.id)[number - 1]
            source = Source(f"comment:{self.house.fake.next_id()}", "https://github.test/command", self.now)
            (*voter,) = said[:1]
            does(tx, project, session, question, *voter, source, *said[1:])


def telling(delivery: Delivery, threads: list[Any]) -> Telling | None:
    """What a delivery tells of a text, or None."""
    payload = delivery.payload
    if delivery.event not in ("issue_comment", "pull_request_review_comment"):
        return None
    comment, sender = payload["comment"], payload["sender"]["login"]
    if comment["user"]["type"] == "Bot" or sender.endswith("[bot]"):
        return None
    tops = {thread.top: number for number, thread in enumerate(threads, start=1)}
    thread = tops.get(comment.get("in_reply_to_id"))
    here, *named = re.split(r"^(?=Q\d: )", comment["body"], flags=re.MULTILINE)
    said = {int(text[1]): text[4:].strip() for text in named}
    return Telling(
        delivery.action or "", comment["id"], datetime.fromisoformat(comment["updated_at"]), comment["user"]["login"],
        sender, thread, here.strip() if thread else None, said,
    )  # fmt: skip


@pytest.fixture
def town(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        dir=memory if memory.is_dir() else None, prefix="askfirst-rounds-"
    ) as folder:
        shutil.copy(sqlite_template, Path(folder, "askfirst.db"))
        Rounds.time = [datetime.now(UTC).replace(microsecond=0)]
        monkeypatch.setattr(clock, "now", lambda: Rounds.time[0])
        monkeypatch.setattr(fakes_auth, "_check_times", lambda claims, now: None)
        house = Town(f"sqlite:///{folder}/askfirst.db", Path(folder))
        house.fake.clock = clock.now
        yield house
        house.close()


def test_any_interleaving_comes_to_what_the_rules_say(town: Town) -> None:
    Rounds.town = town
    run_state_machine_as_test(
        Rounds,
        settings=settings(
            max_examples=int(os.environ.get("ROUNDS_EXAMPLES", "12")), stateful_step_count=40, deadline=None,
            derandomize=True, suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
