"""A round of questions in the house without an agent, and agents that hand in what a test wrote."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import answering, issues, projects
from bot.jobs.runner import Runner
from bot.jobs.tools import Tools
from bot.sandbox.template import Template
from bot.store import clock
from bot.store.models import Project
from tests.fakes.github import PullRequest, Thread
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
    """A session whose questions are asked: one about each of its issues."""

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
        [comment] = [one for one in ours(self.pull) if "| question |" in one and "Digest" not in one]
        return comment

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


def asked(house: House, *questions: dict[str, Any], settle: bool = True) -> Round:
    """A round of these questions, each about an issue of its own unless it names some."""
    with house.db.write() as tx:
        project = projects.find(tx, "mona/shop")
        made = [issue(tx, project, f"Flaw {number}") for number in range(1, len(questions) + 1)]
        session = answering.create(tx, project, created_by="key:test", issue_ids=made, agent=False)
        session.agent = True
        found = [
            QUESTION | {"external_id": f"q{number}", "issue_ids": [made[number]]} | one
            for number, one in enumerate(questions)
        ]
        answering.asked(tx, project, session, found)
    if settle:
        house.settle()
    return Round(house, session.id, made)


def issue(tx: Any, project: Project, title: str) -> str:
    """An issue that a scan would have filed; its id."""
    return issues.create(tx, project, title=title, created_by="key:test").id


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


class Scripted(Tools):
    """Every run is the scripted agent; each fix hands in the next of these, and the last one again and again."""

    def __init__(self, house: House, *fixes: dict[str, Any]) -> None:
        super().__init__(house.config)
        self.fixes = list(fixes)
        self.worked = 0
        house.runner = Runner(house.db, self)

    def template(self, name: str) -> Template:
        script = self.config.askfirst_home / "scripted" / "fix.json"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(json.dumps(self.fixes[min(self.worked, len(self.fixes) - 1)]))
        self.worked += 1
        return super().template("scripted")


def done(**files: str | None) -> dict[str, Any]:
    """A fix that writes these files; `__` stands for a slash and `_py` for the ending."""
    return {"outcome": "done", "summary": "Done.", "files": {name.replace("__", "/") + ".py": text for name, text in files.items()}}


class Turned:
    """The project's clock, ahead of GitHub's by as much as it was turned."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now, self.ahead = clock.now, timedelta()
        monkeypatch.setattr(clock, "now", lambda: now() + self.ahead)

    def forward(self, **span: float) -> None:
        self.ahead += timedelta(**span)
