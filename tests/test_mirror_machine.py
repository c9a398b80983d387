"""Whatever people and callers do to an issue, in whatever order GitHub tells of it: both sides end up the same."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.domain.states import ISSUE_OPEN
from bot.github.issuetext import read_back, same_title
from tests.fakes.github import Issue
from tests.house import House

TITLES = [
    "Cart forgets items",
    "Cart: *forgets* @mona #1",
    "/askfirst scan",
    "Ünïcode\u2060 title",
    "x" * 200,
]
TEXTS = [
    "",
    "It does.",
    "See #1, ping @mona\r\n\r\n- [ ] a task",
    "```\n/askfirst scan\n```\n",
    "> quoted\n\n<!-- x -->",
]
WORDS = ["low", "medium", "high", "critical"]


class Mirror(RuleBasedStateMachine):
    """Mona on GitHub and a caller of the API work on the same few issues."""

    template: Path  # a migrated, empty database

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="askfirst-mirror-")
        home = Path(self.folder.name)
        shutil.copy(self.template, home / "askfirst.db")
        self.house = House(f"sqlite:///{home / 'askfirst.db'}", home)
        self.ids: list[str] = []
        self.seconds = 0

    def teardown(self) -> None:
        try:
            self.everything_arrives()
            self.both_sides_are_the_same()
            self.nothing_is_left_to_write()
        finally:
            self.house.close()
            self.folder.cleanup()

    # by REST

    @initialize()
    def one_is_there(self) -> None:
        self.is_created()

    @rule()
    def is_created(self) -> None:
        if len(self.ids) < 3:
            self.ids.append(self.house.post("/issues/create", title=f"Flaw {len(self.ids)}")["data"]["id"])

    @rule(which=st.integers(0, 2), title=st.sampled_from(TITLES))
    def is_renamed(self, which: int, title: str) -> None:
        self.change(which, title=title)

    @rule(which=st.integers(0, 2), text=st.sampled_from(TEXTS), priority=st.sampled_from(WORDS))
    def is_rewritten(self, which: int, text: str, priority: str) -> None:
        self.change(which, description=text, priority=priority)

    @rule(which=st.integers(0, 2), verb=st.sampled_from(["dismiss", "reopen"]))
    def is_dismissed_or_reopened(self, which: int, verb: str) -> None:
        self.house.post(f"/issues/{verb}", issueId=self.ids[which % len(self.ids)])

    def change(self, which: int, **fields: str) -> None:
        self.house.post("/issues/update", issueId=self.ids[which % len(self.ids)], **fields)

    # on GitHub

    @rule(which=st.integers(0, 2), title=st.sampled_from(TITLES))
    def mona_renames(self, which: int, title: str) -> None:
        if issue := self.there(which):
            self.house.mona.edits_issue(issue, title=title)

    @rule(which=st.integers(0, 2), text=st.sampled_from(TEXTS), keeps_facts=st.booleans())
    def mona_rewrites(self, which: int, text: str, keeps_facts: bool) -> None:
        if issue := self.there(which):
            _, border, facts = (issue.body or "").partition("<!-- askfirst: edit above")
            self.house.mona.edits_issue(issue, body=f"{text}\r\n\r\n{border}{facts}" if keeps_facts else text)

    @rule(which=st.integers(0, 2), priority=st.sampled_from(WORDS))
    def mona_labels(self, which: int, priority: str) -> None:
        if issue := self.there(which):
            for label in [label.name for label in issue.labels if label.name.startswith("priority: ")]:
                self.house.mona.unlabels(issue, label)
            self.house.mona.labels(issue, f"priority: {priority}", "help wanted")

    @rule(which=st.integers(0, 2), reason=st.sampled_from(["completed", "not_planned", "duplicate"]))
    def mona_closes_or_reopens(self, which: int, reason: str) -> None:
        if issue := self.there(which):
            if issue.state == "open":
                self.house.mona.closes_issue(issue, reason)
            else:
                self.house.mona.reopens(issue)

    def there(self, which: int) -> Issue | None:
        issues = self.house.issues()
        return issues[which % len(issues)] if issues else None

    # in between

    @rule()
    def webhooks_are_held_back(self) -> None:
        self.house.fake.webhooks.hold()

    @rule(seed=st.integers(0, 9))
    def they_arrive_in_any_order_and_twice(self, seed: int) -> None:
        hooks, order = self.house.fake.webhooks, random.Random(seed)
        again = list(hooks.held)
        order.shuffle(hooks.held)
        hooks.release()
        for delivery in order.sample(again, min(2, len(again))):
            hooks.redeliver(delivery)

    @rule()
    def jobs_are_done(self) -> None:
        self.house.settle()

    @rule()
    def a_second_passes(self) -> None:
        self.seconds += 1
        self.house.fake.clock = lambda: datetime.now(UTC) + timedelta(seconds=self.seconds)

    # what must be so in the end

    def everything_arrives(self) -> None:
        self.they_arrive_in_any_order_and_twice(0)
        self.house.settle()
        assert self.house.unfinished() == []

    def both_sides_are_the_same(self) -> None:
        ours = {issue["github"]["number"]: issue for issue in self.listed() if issue["github"]}
        assert len(ours) == len(self.house.issues())
        for issue in self.house.issues():
            mine = ours[issue.number]
            assert same_title(issue.title, mine["title"])
            assert read_back(issue.body, mine["description"]) == mine["description"]
            assert (
                issue.state
                == ("open" if mine["status"] in ISSUE_OPEN else "closed")
                == mine["github"]["state"]
            )
            priorities = [label.name for label in issue.labels if label.name.startswith("priority: ")]
            assert priorities == [f"priority: {mine['priority']}"]

    def nothing_is_left_to_write(self) -> None:
        before = self.written()
        for issue_id in self.ids:
            self.change(self.ids.index(issue_id))
        for delivery in list(self.house.fake.webhooks.deliveries)[-5:]:
            self.house.fake.webhooks.redeliver(delivery)
        self.house.settle()
        assert self.written() == before

    @invariant()
    def nothing_is_doubled(self) -> None:
        assert len(self.house.issues()) <= len(self.ids)

    def listed(self) -> list[dict[str, Any]]:
        return list(self.house.get("/issues/list")["data"])

    def written(self) -> int:
        writes = [one for one in self.house.fake.requests if one.method != "GET" and "/repos/" in one.path]
        return len(writes)


def test_any_sequence_of_edits_ends_with_both_sides_equal(sqlite_template: Path) -> None:
    Mirror.template = sqlite_template
    run_state_machine_as_test(
        Mirror,
        settings=settings(
            max_examples=int(os.environ.get("MIRROR_EXAMPLES", "25")), stateful_step_count=25, deadline=None,
            derandomize=True, suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
