"""What a scan found becomes issues: each flaw once, however often it is seen.

A finding belongs to the issue that knows one of its places. Else, when one of its places looks like a place
that this scan no longer sees where it was, the code has moved. Else it joins an open issue of the same rule
and area. Only then is it new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.domain import issues, mirror, repo_config, states, threads
from bot.store import clock
from bot.store.db import lock
from bot.store.models import Issue, IssueFingerprint, IssueSession, Project

MOVED = "~"  # before a print that names content alone, so that it never passes for one with a path


@dataclass(frozen=True)
class Place:
    """Where a flaw is. `print` names it by path and content, `moved_print` by content alone."""

    path: str
    start_line: int
    end_line: int
    print: str
    moved_print: str


@dataclass(frozen=True)
class Finding:
    """A flaw of one rule in one area, with all its places."""

    title: str
    description: str
    priority: str
    rule: str
    area: str
    places: list[Place]
    suggested_prompt: str | None = None
    labels: list[str] = field(default_factory=list)
    evidence: str | None = None
    confidence: str | None = None
    autofix: bool = False


@dataclass(frozen=True)
class Scope:
    """What the scan looked at. `covers(rule, path)`: whether it would have found that rule's flaw in that file.

    `seen` holds the prints of all places found, and both prints of places left out of the findings for their number.
    """

    commit: str
    summary: str
    seen: frozenset[str]
    covers: Callable[[str, str], bool]


@dataclass(frozen=True)
class Filed:
    """`counts` are the session's; `filed` of the new issues go to GitHub, `held_back` wait for a later scan."""

    counts: dict[str, int]
    issue_ids: list[str]
    filed: int
    held_back: int


def file(tx: Session, project: Project, session: IssueSession, found: list[Finding], scope: Scope) -> Filed:
    """File the findings, worst first, and close what is gone; two scans of a project do this one by one."""
    lock(tx, f"findings:{project.id}")
    ledger = _Ledger(tx, project, scope.seen)
    known = len(found)
    found = [kept for finding in found if (kept := ledger.without_dismissed(finding)).places]
    known -= len(found)
    counts = {"found": len(found) + known, "new": 0, "known": known, "reopened": 0, "gone": 0}
    for finding in found:
        issue = ledger.owner(finding)
        if issue is None:
            ledger.add(_fresh(project, session, finding, scope), finding)
            counts["new"] += 1
        else:
            counts[_seen_again(tx, project, session, issue, finding, scope, ledger)] += 1
    counts["gone"] = _close_gone(tx, project, session, scope, ledger)
    return Filed(counts, sorted(ledger.seen_again), *_show_worst(tx, project))


class _Ledger:
    """The project's issues by their prints."""

    def __init__(self, tx: Session, project: Project, seen: frozenset[str]) -> None:
        self.tx, self.project, self.seen = tx, project, seen
        rows = tx.scalars(select(IssueFingerprint).where(IssueFingerprint.project_id == project.id))
        self.by_print = {row.fingerprint: row.issue_id for row in rows}
        scanned = tx.scalars(
            select(Issue).where(Issue.project_id == project.id, Issue.fingerprint.is_not(None))
        )
        self.issues = {issue.id: issue for issue in scanned}
        self.in_place = {self.by_print[name] for name in seen if name in self.by_print}
        elsewhere = (MOVED + name for name in seen)
        self.seen_again = self.in_place | {self.by_print[name] for name in elsewhere if name in self.by_print}

    def without_dismissed(self, finding: Finding) -> Finding:
        """The finding less the places of issues that people dismissed or deleted: those are never filed again."""
        return replace(finding, places=[place for place in finding.places if not self._is_dismissed(place)])

    def _is_dismissed(self, place: Place) -> bool:
        issue_id = self.by_print.get(place.print) or self._moved_from(place)
        return issue_id is not None and _is_dismissed(self.issues[issue_id])

    def _moved_from(self, place: Place) -> str | None:
        """The issue of a place with the same content that this scan no longer sees where it was."""
        issue_id = self.by_print.get(MOVED + place.moved_print)
        return None if issue_id in self.in_place else issue_id

    def owner(self, finding: Finding) -> Issue | None:
        known = [self.by_print[place.print] for place in finding.places if place.print in self.by_print]
        if not known:
            known = [issue_id for place in finding.places if (issue_id := self._moved_from(place))]
        if known:
            # places of one finding may belong to several issues: an open one speaks for them
            return min((self.issues[issue_id] for issue_id in known), key=_open_first)
        return self._open_in_area(finding)

    def add(self, issue: Issue, finding: Finding) -> None:
        self.tx.add(issue)
        self.tx.flush()
        self.issues[issue.id] = issue
        self.remember(issue, finding)

    def remember(self, issue: Issue, finding: Finding) -> bool:
        """Keep the finding's places as the issue's. Returns whether one was new."""
        before = len(self.by_print)
        for name in (text for place in finding.places for text in (place.print, MOVED + place.moved_print)):
            if name not in self.by_print:
                self.by_print[name] = issue.id
                self.tx.add(IssueFingerprint(project_id=self.project.id, fingerprint=name, issue_id=issue.id))
        self.seen_again.add(issue.id)
        return len(self.by_print) > before

    def _open_in_area(self, finding: Finding) -> Issue | None:
        same = (i for i in self.issues.values() if i.rule == finding.rule and i.area == finding.area)
        return next((i for i in same if i.status in states.ISSUE_OPEN and not i.deleted_at), None)


def dismissed(tx: Session, project: Project) -> list[str]:
    """The prints, with their paths, of places that no scan is to report again."""
    query = select(IssueFingerprint.fingerprint).join(Issue, Issue.id == IssueFingerprint.issue_id)
    gone = or_(Issue.status == "dismissed", Issue.deleted_at.is_not(None))
    rows = tx.scalars(query.where(IssueFingerprint.project_id == project.id, gone))
    return sorted(name for name in rows if not name.startswith(MOVED))


def _is_dismissed(issue: Issue) -> bool:
    return issue.status == "dismissed" or issue.deleted_at is not None


def _open_first(issue: Issue) -> tuple[bool, str]:
    return (issue.status not in states.ISSUE_OPEN, issue.id)


def _fresh(project: Project, session: IssueSession, finding: Finding, scope: Scope) -> Issue:
    issue = issues.new(project, title=finding.title, description=finding.description, created_by="scan")
    issue.session_id, issue.fingerprint, issue.mirrored = session.id, finding.places[0].print, False
    issue.priority, issue.suggested_prompt, issue.labels = (
        finding.priority,
        finding.suggested_prompt,
        finding.labels,
    )
    issue.rule, issue.area, issue.confidence = finding.rule, finding.area, finding.confidence
    issue.evidence, issue.autofix = finding.evidence, finding.autofix
    issue.locations = _locations(finding, scope)
    return issue


def _seen_again(
    tx: Session,
    project: Project,
    session: IssueSession,
    issue: Issue,
    finding: Finding,
    scope: Scope,
    ledger: _Ledger,
) -> str:
    """Returns the count it goes to."""
    has_new_places = ledger.remember(issue, finding)
    if has_new_places:
        issue.locations, issue.updated_at = _locations(finding, scope), clock.now()
        mirror.show(tx, project, issue)
    if issue.status != "completed":
        return "known"
    states.move(issue, "found_again")
    _tell(tx, project, issue, "found_again", session, scope)
    issue.locations = _locations(finding, scope)
    mirror.show(tx, project, issue)
    return "reopened"


def _close_gone(tx: Session, project: Project, session: IssueSession, scope: Scope, ledger: _Ledger) -> int:
    gone = [
        issue
        for issue in ledger.issues.values()
        if issue.id not in ledger.seen_again and _looked_at(issue, scope)
    ]
    for issue in gone:
        states.move(issue, "gone")
        mirror.show(tx, project, issue)
        _tell(tx, project, issue, "gone", session, scope)
    return len(gone)


def _looked_at(issue: Issue, scope: Scope) -> bool:
    """Whether this scan would have seen the issue, were it still there."""
    waiting = issue.status in ("open", "failed") and issue.deleted_at is None
    return waiting and all(scope.covers(issue.rule or "", place["path"]) for place in issue.locations)


def _show_worst(tx: Session, project: Project) -> tuple[int, int]:
    """Give GitHub as many new issues as one scan may file there; the rest wait for the next."""
    tx.flush()
    hidden = select(Issue).where(
        Issue.project_id == project.id, Issue.fingerprint.is_not(None), Issue.mirrored.is_(False),
        Issue.status == "open", Issue.deleted_at.is_(None),
    )  # fmt: skip
    worst = sorted(tx.scalars(hidden), key=lambda issue: (-issues.PRIORITIES.index(issue.priority), issue.id))
    room = repo_config.of(project).mirror.max_new_per_scan
    for issue in worst[:room]:
        issue.mirrored = True
        mirror.show(tx, project, issue)
    return len(worst[:room]), len(worst[room:])


def _tell(
    tx: Session, project: Project, issue: Issue, text: str, session: IssueSession, scope: Scope
) -> None:
    """Say on the GitHub issue what this scan saw, with the commits that prove it."""
    if issue.github_number:
        before = issue.locations[0]["commit"] if issue.locations else None
        key = f"{text}.{issue.id}.{session.id}"
        threads.say(
            tx, project, issue.github_number, key, text, before=before, commit=scope.commit, rule=issue.rule
        )


def _locations(finding: Finding, scope: Scope) -> list[dict[str, Any]]:
    return [
        {"path": place.path, "startLine": place.start_line, "endLine": place.end_line, "commit": scope.commit}
        for place in finding.places
    ]
