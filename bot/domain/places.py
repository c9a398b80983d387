"""What a scan found and looked at, and the places by which issues are known again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.domain import states
from bot.store.models import Issue, IssueFingerprint, Project

MOVED = "~"  # before a print that names content alone, so that it never passes for one with a path
PLACELESS = "="  # before the print of a finding that is about no place


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
    """A flaw of one rule in one area, with all its places. Without a rule it stands for itself."""

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

    @property
    def prints(self) -> list[str]:
        """What it is known by: its places, or its words where it has none."""
        if self.places:
            return [place.print for place in self.places]
        words = f"{self.rule}\0{self.title}".encode(errors="replace")
        return [PLACELESS + hashlib.sha256(words).hexdigest()[:20]]


@dataclass(frozen=True)
class Scope:
    """What the scan looked at. `covers(rule, path)`: whether it would have found that rule's flaw in that file.

    `seen` holds the prints of all places found, and both prints of places left out of the findings for their number.
    """

    commit: str
    summary: str
    seen: frozenset[str]
    covers: Callable[[str, str], bool]

    def looked_at(self, issue: Issue) -> bool:
        """Whether this scan would have seen the issue wherever it was; one without a place is about everything."""
        paths = [place["path"] for place in issue.locations] or [""]
        return all(self.covers(issue.rule or "", path) for path in paths)


class Known:
    """The project's issues by their prints, and what this scan adds to them."""

    def __init__(self, tx: Session, project: Project, scope: Scope) -> None:
        self.tx, self.project, self.scope = tx, project, scope
        rows = tx.scalars(select(IssueFingerprint).where(IssueFingerprint.project_id == project.id))
        self.by_print = {row.fingerprint: row.issue_id for row in rows}
        scanned = select(Issue).where(Issue.project_id == project.id, Issue.fingerprint.is_not(None))
        # held, so that what people do to them on GitHub comes before us or after us
        self.issues = {issue.id: issue for issue in tx.scalars(scanned.with_for_update())}
        self.in_place = {self.by_print[name] for name in scope.seen if name in self.by_print}
        elsewhere = (MOVED + name for name in scope.seen)
        self.seen_again = self.in_place | {self.by_print[name] for name in elsewhere if name in self.by_print}
        self.places: dict[str, list[Place]] = {}  # by issue, those of this scan
        self.grown: set[str] = set()  # issues with a place that they did not have before

    def without_dismissed(self, finding: Finding) -> Finding | None:
        """The finding less the places of issues that people dismissed or deleted: those are never filed again."""
        if not finding.places:
            issue = self.issues.get(self.by_print.get(finding.prints[0], ""))
            return None if issue and _is_dismissed(issue) else finding
        places = [place for place in finding.places if not self._is_dismissed(place)]
        return replace(finding, places=places) if places else None

    def owner(self, finding: Finding) -> Issue | None:
        """The issue that the finding belongs to, None for a new one."""
        known = [self.by_print[name] for name in finding.prints if name in self.by_print]
        if not known:
            known = [issue_id for place in finding.places if (issue_id := self._moved_from(place))]
        if known:
            # places of one finding may belong to several issues: an open one speaks for them
            return min((self.issues[issue_id] for issue_id in known), key=_open_first)
        return self._open_in_area(finding)

    def add(self, issue: Issue) -> None:
        self.tx.add(issue)
        self.tx.flush()
        self.issues[issue.id] = issue

    def remember(self, issue: Issue, finding: Finding) -> None:
        """Keep the finding's places: each with the open issue that knows it already, the new ones with this one."""
        self.seen_again.add(issue.id)
        self.in_place.add(issue.id)  # whatever else looks like its places is a copy of them
        for place in finding.places:
            knows = self.issues.get(self.by_print.get(place.print, ""), issue)
            keeper = knows if knows.status in states.ISSUE_OPEN else issue
            self.places.setdefault(keeper.id, []).append(place)
        self._keep(issue, [*finding.prints, *(MOVED + place.moved_print for place in finding.places)])

    def _keep(self, issue: Issue, prints: list[str]) -> None:
        for name in dict.fromkeys(prints):
            if name not in self.by_print:
                self.by_print[name] = issue.id
                self.grown.add(issue.id)
                self.tx.add(IssueFingerprint(project_id=self.project.id, fingerprint=name, issue_id=issue.id))

    def holds(self, issue: Issue, finding: Finding) -> bool:
        """Whether the finding, or a part of it, is this issue's."""
        return self.owner(finding) is issue or any(
            self._known_as(place) == issue.id for place in finding.places
        )

    def _known_as(self, place: Place) -> str | None:
        return self.by_print.get(place.print) or self._moved_from(place)

    def _is_dismissed(self, place: Place) -> bool:
        issue_id = self._known_as(place)
        return issue_id is not None and _is_dismissed(self.issues[issue_id])

    def _moved_from(self, place: Place) -> str | None:
        """The issue of a place with the same content, where this scan looked and no longer sees it."""
        issue_id = self.by_print.get(MOVED + place.moved_print)
        if issue_id is None or issue_id in self.in_place or not self.scope.looked_at(self.issues[issue_id]):
            return None
        return issue_id

    def _open_in_area(self, finding: Finding) -> Issue | None:
        if not finding.rule:
            return None
        same = (i for i in self.issues.values() if i.rule == finding.rule and i.area == finding.area)
        return next((i for i in same if i.status in states.ISSUE_OPEN and not i.deleted_at), None)


def prints_of(tx: Session, issue: Issue) -> frozenset[str]:
    """The prints, with their paths, by which a scan knows this issue again."""
    rows = tx.scalars(select(IssueFingerprint.fingerprint).where(IssueFingerprint.issue_id == issue.id))
    return frozenset(name for name in rows if not name.startswith((MOVED, PLACELESS)))


def dismissed(tx: Session, project: Project) -> list[str]:
    """The prints, with their paths, of places that no scan is to report again."""
    query = select(IssueFingerprint.fingerprint).join(Issue, Issue.id == IssueFingerprint.issue_id)
    gone = or_(Issue.status == "dismissed", Issue.deleted_at.is_not(None))
    rows = tx.scalars(query.where(IssueFingerprint.project_id == project.id, gone))
    return sorted(name for name in rows if not name.startswith((MOVED, PLACELESS)))


def _is_dismissed(issue: Issue) -> bool:
    return issue.status == "dismissed" or issue.deleted_at is not None


def _open_first(issue: Issue) -> tuple[bool, str]:
    return (issue.status not in states.ISSUE_OPEN, issue.id)
