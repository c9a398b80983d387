"""A house where commands are given: people of each level, and the engine step by step."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.domain import answering, projects
from bot.domain.verbs import LEVELS, Verb
from bot.store import outbox
from bot.store.doorbell import AGENT_JOBS
from bot.store.models import GivenCommand
from tests.fakes.github import Comment, Issue, Person
from tests.fakes.github.delivery import Delivery
from tests.fakes.github.state import Actor
from tests.house import House
from tests.rounds import QUESTION

BOT = "askfirst[bot]"
SLOW = AGENT_JOBS | {"show_questions", "show_chain"}  # these run agents and git


class Commands:
    """Gives commands in the house and looks what becomes of them, without any agent's being run."""

    def __init__(self, house: House) -> None:
        self.house, self.people = house, 0
        house.repository.private = True  # else everybody may read

    def person(self, level: str) -> Person:
        """Somebody new with this level."""
        self.people += 1
        person = self.house.fake.create_user(f"{level}{self.people}")
        self.becomes(person, level)
        return person

    def becomes(self, person: Person, level: str) -> None:
        """The person has this level from now on."""
        self.house.repository.add_collaborator(person, level)

    def gives(self, person: Person, issue: Issue, text: str) -> Comment:
        """The person comments, and what follows is done."""
        comment = person.comments(issue, text)
        self.settle()
        return comment

    def settle(self, but: Collection[str] = ()) -> None:
        """Do what is due, but for what takes long, and for jobs of these kinds."""
        while rows := [row for row, job in self._due() if job not in SLOW and job not in but]:
            for row in rows:
                self.house.runner.work(row)

    def hook(self, event: str = "issue_comment") -> Delivery:
        """The newest webhook of this event."""
        return next(one for one in reversed(self.house.fake.deliveries) if one.event == event)

    def again(self, hook: Delivery) -> None:
        """GitHub sends it as if it were another one."""
        headers = hook.headers | {"X-GitHub-Delivery": f"{hook.guid}-again-{len(self.house.fake.deliveries)}"}
        self.house.web.post("/webhooks/github", data=hook.body, headers=headers)
        self.settle()

    def audit(self, object_id: str) -> list[tuple[str, str]]:
        """What was done to the object: (by which door, which endpoint), oldest first."""
        lines = self.house.get("/events/list", objectId=object_id)["data"]
        return [(line["door"], line["action"]) for line in reversed(lines)]

    def given(self) -> list[GivenCommand]:
        """The commands that were taken, oldest first."""
        with self.house.db.read() as tx:
            return list(tx.query(GivenCommand).order_by(GivenCommand.given_at, GivenCommand.id))

    def _due(self) -> outbox.Rows:
        with self.house.db.read() as tx:
            return outbox.due(tx, 100)

    # what commands are about

    def issue(self, title: str = "Cart forgets items") -> tuple[str, Issue]:
        """An issue of ours: its id, and what GitHub shows."""
        made = self.house.post("/issues/create", title=title)["data"]
        self.settle()
        return made["id"], self.house.issues()[-1]

    def round(self, *questions: dict[str, Any]) -> tuple[str, Issue]:
        """Questions about an issue of ours, which nobody has answered; the session's id."""
        issue_id, there = self.issue()
        with self.house.db.write() as tx:
            project = projects.find(tx, "mona/shop")
            session = answering.create(tx, project, created_by="key:test", issue_ids=[issue_id], agent=False)
            session.agent = True
            found = [
                QUESTION | {"external_id": f"q{number}", "issue_ids": [issue_id]} | one
                for number, one in enumerate(questions or ({}, {}))
            ]
            answering.asked(tx, project, session, found)
        self.settle()
        return session.id, there

    def chain(self, issues: int = 1, **fields: Any) -> tuple[str, Issue]:
        """A chain of new issues, and the first of these."""
        made = [self.issue(f"Flaw {number}") for number in range(1, issues + 1)]
        body = {"title": "Some work", "issueIds": [issue_id for issue_id, _ in made]} | fields
        return self.house.post("/work-chains/create", **body)["data"]["id"], made[0][1]


class Bot(Person):
    """Another App's bot in the same repository."""

    def __init__(self, house: House, slug: str = "renovate") -> None:
        self.app = house.fake.create_app(slug, owner=house.mona)
        self.installation = house.fake.install(house.mona, [house.repository], app=self.app)
        super().__init__(house.fake, self.app.bot)

    def _do(self, act: Any, *arguments: Any, **named: Any) -> Any:
        with self.fake.acting():
            actor = Actor(self.account, self.app, self.installation)
            return act(self.fake, actor, *arguments, **named)


def signs(text: Any) -> list[str]:
    """Our reactions."""
    return [reaction.content for reaction in text.reactions if reaction.user.login == BOT]


def words(issue: Issue) -> list[str]:
    """What our App wrote below the issue."""
    return [comment.body for comment in issue.comments if comment.user.login == BOT]


def allowed(verb: Verb) -> list[str]:
    """The levels that may give it."""
    return [level for level in LEVELS if LEVELS.index(level) >= LEVELS.index(verb.level or "none")]
