"""A round of questions in the house without an agent, and agents that hand in what a test wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.domain import answering, projects
from bot.domain import issues as issuing
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.sandbox.git import Remote
from bot.sandbox.template import Template
from bot.store import clock
from bot.store.models import Outbox, Project
from tests.fakes.github import PullRequest, Thread
from tests.fakes.github.state_pulls import CheckRun
from tests.house import House

OPTIONS = [
    {"letter": "A", "text": "Yes, it may.", "recommended": True, "leaves": False},
    {"letter": "B", "text": "Leave it alone.", "recommended": False, "leaves": True},
    {"letter": "C", "text": "Only for new callers.", "recommended": False, "leaves": False},
]
QUESTION: dict[str, Any] = {
    "question": "May the default change?", "why": "Callers may count on it.", "assumption": "Yes, it may.",
    "options": OPTIONS, "places": [], "confidence": "high", "evidence": None, "blocking": True,
    "needs_own_answer": False,
}  # fmt: skip
BOT = "askfirst[bot]"


class Round:
    """A session with its questions, and what GitHub shows of it."""

    def __init__(self, house: House, session_id: str, issue_ids: list[str]) -> None:
        self.house, self.id, self.issue_ids = house, session_id, issue_ids

    @property
    def session(self) -> dict[str, Any]:
        return dict(self.house.get(f"/answering-sessions/{self.id}")["data"])

    @property
    def questions(self) -> list[dict[str, Any]]:
        return list(self.house.get("/session-questions", answeringSessionId=self.id)["data"])

    @property
    def states(self) -> list[str]:
        """How each question stands: its status, or `conflict`."""
        return ["conflict" if one["conflict"] else one["status"] for one in self.questions]

    @property
    def answers(self) -> list[str | None]:
        return [one["answer"] for one in self.questions]

    @property
    def pull(self) -> PullRequest:
        return self.house.repository.pulls[self.session["pullRequest"]["number"]]

    @property
    def threads(self) -> list[Thread]:
        return self.house.threads(self.pull)

    @property
    def index(self) -> str:
        """What the one index comment says."""
        [comment] = [text for text in ours(self.pull) if f":index.{self.id}" in text]
        return comment

    @property
    def check(self) -> CheckRun:
        """The one check run on the head."""
        [check] = [one for one in self.checks if one.head_sha == self.pull.head_sha]
        return check

    @property
    def checks(self) -> list[CheckRun]:
        """Its check runs on every commit that was the head."""
        number = self.session["pullRequest"]["number"]
        return [one for one in self.house.repository.checks if one.external_id == f"questions.{number}"]

    def receipts(self) -> list[str]:
        return [text for text in ours(self.pull) if f":receipt.{self.id}:" in text]

    def reviews(self, number: int, status: str, correction: str | None = None) -> int:
        """Decide a question by REST; the status code."""
        path = f"/session-questions/{self.questions[number - 1]['id']}/review"
        return self._put(path, status=status, correction=correction)

    def set(self, status: str) -> int:
        """Set the session's status by REST; the status code."""
        return self._put(f"/answering-sessions/{self.id}/status", status=status)

    def _put(self, path: str, **body: Any) -> int:
        headers = self.house.headers()
        return self.house.web.put(f"/api/v1{path}", json=body, headers=headers).status_code

    def approve(self) -> None:
        """Mona approves whatever is open, and the time to change her mind goes by."""
        for thread, state in zip(self.threads, self.states, strict=True):
            if state == "pending":
                self.house.mona.replies(thread, "approve")
        self.house.settle_answers()


def asked(
    house: House,
    *questions: dict[str, Any],
    issues: int = 1,
    settle: bool = True,
    on: int | None = None,
    at: str = "5f" * 20,
    by: str = "key:test",
) -> Round:
    """A round of these questions about as many issues, one after the other; `on` a pull request, `at` a commit."""
    with house.db.write() as tx:
        project = projects.find(tx, "mona/shop")
        made = [issue(tx, project, f"Flaw {number + 1}") for number in range(issues)]
        session = answering.create(
            tx, project, created_by=by, issue_ids=made, agent=False, pull_request_number=on
        )
        session.agent, session.commit = True, at
        found = [
            QUESTION | {"external_id": f"q{number}", "issue_ids": [made[number % issues]]} | one
            for number, one in enumerate(questions)
        ]
        answering.asked(tx, project, session, found)
    if settle:
        house.settle()
    return Round(house, session.id, made)


def issue(tx: Any, project: Project, title: str) -> str:
    """An issue that a scan would have filed; its id."""
    return issuing.create(tx, project, title=title, created_by="key:test").id


def filed(house: House, *titles: str) -> list[str]:
    """Issues of these titles, here and on GitHub; their ids."""
    made = [house.post("/issues/create", title=title)["data"]["id"] for title in titles]
    house.settle()
    return made


def ours(pull: PullRequest) -> list[str]:
    """What our App wrote below a pull request, oldest first."""
    return [comment.body for comment in pull.comments if comment.user.login == BOT]


def said(thread: Thread) -> list[str]:
    """What our App replied in a thread, after its question."""
    return [comment.body for comment in thread.comments[1:] if comment.user.login == BOT]


Fix = dict[str, Any] | Callable[[], dict[str, Any]]


class Scripted(Tools):
    """Every run is the scripted agent; each fix hands in the next of these, and the last one again and again.

    One that is called acts first, while its run is on the way; `before_push` is called once.
    """

    def __init__(self, house: House, *fixes: Fix) -> None:
        super().__init__(house.config)
        self.fixes = list(fixes)
        self.worked = 0
        self.before_push: Callable[[], object] | None = None
        house.runner = Runner(house.db, self)

    def template(self, name: str) -> Template:
        fix = self.fixes[min(self.worked, len(self.fixes) - 1)]
        script = self.config.askfirst_home / "scripted" / "fix.json"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(json.dumps(fix() if callable(fix) else fix))
        self.worked += 1
        return super().template("scripted")

    def remote(self, project: Project, contents: str = "read") -> Remote:
        if contents == "write" and self.before_push:
            act, self.before_push = self.before_push, None
            act()
        return super().remote(project, contents)


def done(**files: str | None) -> dict[str, Any]:
    """A fix that writes these Python files, or deletes them."""
    return {
        "outcome": "done",
        "summary": "Done.",
        "files": {f"{name}.py": text for name, text in files.items()},
    }


class Turned:
    """The project's clock, ahead of GitHub's by as much as it was turned."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now, self.ahead = clock.now, timedelta()
        monkeypatch.setattr(clock, "now", lambda: now() + self.ahead)

    def forward(self, **span: float) -> None:
        self.ahead += timedelta(**span)


def due_now(house: House) -> None:
    """What waits for its next try is tried now."""
    with house.db.write() as tx:
        tx.execute(update(Outbox).where(Outbox.done_at.is_(None)).values(due_at=clock.now()))
    house.settle()


def ticking(house: House) -> None:
    """From now on each act on GitHub is in a second of its own."""
    moments = iter(range(1, 1_000))
    house.fake.clock = lambda: datetime.now(UTC) + timedelta(seconds=next(moments))
