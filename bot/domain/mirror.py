"""The mirror: each issue and its twin on GitHub, both ways.

`Issue.shown` is what GitHub shows as far as we know. What differs from it in an event is a person's edit; what
differs from it in our row is ours to send. So each field follows whoever changed it last, and a round trip
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import repo_config, states
from bot.store import clock, outbox
from bot.store.models import AnsweringSession, Issue, Project


@dataclass(frozen=True)
class Seen:
    """An issue as GitHub shows it. `state` is open or closed; `at` is GitHub's updated_at, ISO 8601."""

    title: str
    description: str
    priority: str | None
    state: str
    reason: str | None
    locked: bool
    at: str

    @property
    def shown(self) -> dict[str, Any]:
        """As it is remembered in `Issue.shown`."""
        return vars(self)


def is_on(project: Project) -> bool:
    """Whether the project's issues are shown on GitHub."""
    on_github = project.repository_id is not None and project.mode == "live"
    return on_github and repo_config.of(project).mirror.enabled


def show(tx: Session, project: Project, issue: Issue, *, first: bool = False, bulk: bool = True) -> None:
    """Have GitHub brought to what the issue is now, where it is mirrored at all; `first`: the issue is new.

    `bulk`: whatever answers a person goes before it.
    """
    if issue.mirrored and is_on(project):
        outbox.add(tx, "show_issue", lane=f"issue:{issue.id}", first=first, bulk=bulk, issue_id=issue.id)


def show_soon(tx: Session, project: Project, issue_ids: Iterable[str]) -> None:
    """What people are about to read names these by number: those that have none yet are no bulk."""
    query = select(Issue).where(Issue.id.in_(list(issue_ids)), Issue.github_number.is_(None))
    for issue in tx.scalars(query):
        show(tx, project, issue, bulk=False)


def show_questions(tx: Session, project: Project, session: AnsweringSession) -> None:
    """Have GitHub brought to what the session is now."""
    if project.repository_id and project.mode == "live":
        outbox.add(tx, "show_questions", lane=f"answers:{session.id}", session_id=session.id)


def catch_up(tx: Session, project: Project) -> None:
    """After a pause: have all looked at again, on both sides."""
    if project.repository_id is not None and project.mode == "live":
        outbox.add(tx, "catch_up", lane=f"mirror:{project.id}", project_id=project.id)


def catch_up_with(tx: Session, project: Project, changed_at: Mapping[int, str] | None) -> None:
    """What people changed is looked at first; what GitHub shows already costs no request.

    `changed_at`: by number, when the issues that our App wrote last changed on GitHub, as in `Seen.at`; None where
    issues are not shown there.
    """
    there = Issue.github_number.is_not(None) | Issue.mirrored
    for issue in tx.scalars(select(Issue).where(Issue.project_id == project.id, there)):
        known_at = issue.shown["at"] if issue.shown else None
        if changed_at is not None and known_at != changed_at.get(issue.github_number or 0):
            look(tx, issue)
        show(tx, project, issue)
    asked = AnsweringSession.status.in_(("active", "reviewed", "completed"))
    for session in tx.scalars(
        select(AnsweringSession).where(AnsweringSession.project_id == project.id, asked)
    ):
        show_questions(tx, project, session)


def state(issue: Issue) -> tuple[str, str | None]:
    """The (state, state_reason) that GitHub is to show."""
    if issue.status in states.ISSUE_OPEN and not issue.deleted_at:
        return "open", None
    if issue.deleted_at or issue.status != "completed":
        return "closed", "duplicate" if issue.resolution == "duplicate" else "not_planned"
    return "closed", "completed"


def shown(issue: Issue, number: int, url: str, what: dict[str, Any]) -> bool:
    """GitHub shows the issue now, and this of it. False: an event that is newer than our call stays the truth."""
    issue.github_number, issue.github_url = number, url
    newest = issue.shown is None or bool(issue.shown["at"] <= what["at"])
    if newest:
        issue.shown = {**(issue.shown or {}), **what}
    return newest


def on(tx: Session, project: Project, number: int) -> Issue | None:
    """The issue that this GitHub issue is the twin of."""
    query = select(Issue).where(Issue.project_id == project.id, Issue.github_number == number)
    return tx.scalars(query.with_for_update()).first()


def seen(tx: Session, project: Project, issue: Issue, now: Seen) -> bool:
    """People changed the GitHub issue: take over what they changed, and nothing else. Returns whether they did.

    GitHub's times are whole seconds: of two states of the same second only a look says which is the later one.
    """
    before = issue.shown
    if before is None or issue.deleted_at or now.at < before["at"]:
        return False
    changed = differs(issue, now)
    take_over(tx, project, issue, now)
    if changed and now.at == before["at"]:
        look(tx, issue)
    return changed


def look(tx: Session, issue: Issue) -> None:
    """Have the GitHub issue read: events did not tell what it says now."""
    outbox.add(tx, "look_at_issue", lane=f"issue:{issue.id}", issue_id=issue.id)


def differs(issue: Issue, now: Seen) -> bool:
    """Whether GitHub shows something else than we knew."""
    known = {"locked": False, **(issue.shown or {})}
    return any(known.get(name) != value for name, value in now.shown.items() if name != "at")


def take_over(tx: Session, project: Project, issue: Issue, now: Seen) -> None:
    """The GitHub issue is like this: what differs from what it showed before was changed by people."""
    before = issue.shown or {}
    if now.title != before["title"]:
        issue.title = now.title
    if now.description != before["description"]:
        issue.description = now.description
    if now.priority and now.priority != before["priority"]:
        issue.priority = now.priority
    if (now.state, now.reason) != (before["state"], before["reason"]):
        _follow(issue, now)
    issue.shown = {**before, **now.shown}
    issue.updated_at = max(issue.updated_at, clock.now())
    show(tx, project, issue)


def adopted(issue: Issue, number: int, url: str, seen: Seen) -> None:
    """The issue is a person's on GitHub: we follow what they do there, and write nothing but comments."""
    issue.mirrored, issue.github_number, issue.github_url = False, number, url
    issue.priority = seen.priority or issue.priority
    issue.shown = dict(seen.shown)
    if seen.state == "closed":
        _follow(issue, seen)


def lost(issue: Issue) -> None:
    """The GitHub issue was deleted or transferred away: ours is dismissed and never filed again."""
    states.move(issue, "lost")
    issue.github_number, issue.github_url, issue.shown, issue.mirrored = None, None, None, False


def _follow(issue: Issue, now: Seen) -> None:
    """A person closed or reopened it there."""
    if now.state == "open":
        action, resolution = "reopened", None
    elif now.reason in ("not_planned", "duplicate"):
        action, resolution = "dismissed", now.reason
    else:
        action, resolution = "closed", None
    if states.allows(issue, action):
        states.move(issue, action, resolution=resolution)
