"""What a scan found becomes issues: each flaw once, however often it is seen.

A finding belongs to the issue that knows one of its places. Else, when one of its places looks like a place
that this scan no longer sees where it was, the code has moved. Else it joins an open issue of the same rule
and area. Only then is it new.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import issues, mirror, repo_config, runs, states, threads
from bot.domain.places import Finding, Known, Place, Scope
from bot.store import clock
from bot.store.db import lock
from bot.store.models import Issue, IssueSession, Project, Run


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
    known = Known(tx, project, scope)
    wanted = [kept for finding in found if (kept := known.without_dismissed(finding))]
    counts = {"found": len(found), "new": 0, "known": len(found) - len(wanted), "reopened": 0}
    for finding in wanted:
        issue = known.owner(finding)
        if issue is None:
            issue = _fresh(project, session, finding)
            known.add(issue)
            counts["new"] += 1
        else:
            counts[_seen_again(tx, project, issue, session.id, scope)] += 1
        known.remember(issue, finding)
    for issue_id, places in known.places.items():
        _show_places(tx, project, known, known.issues[issue_id], places)
    counts["gone"] = _close_gone(tx, project, session.id, known)
    return Filed(counts, sorted(known.seen_again), *_show_worst(tx, project))


def look_again(tx: Session, project: Project, run: Run, found: list[Finding], scope: Scope) -> None:
    """End a run that looked for one issue: it is gone, or its places are those where it is now.

    Other findings are left to the next scan. The run fails where it proves nothing, and changes nothing when the
    issue was deleted or is fixed meanwhile.
    """
    lock(tx, f"findings:{project.id}")
    known = Known(tx, project, scope)
    issue, run.commit = known.issues[run.issue_id or ""], scope.commit
    if issue.deleted_at or issue.status == "running":
        return runs.end(run, "cancelled")
    if issue.status != "dismissed":
        found = [kept for finding in found if (kept := known.without_dismissed(finding))]
    for finding in [finding for finding in found if known.holds(issue, finding)]:
        known.remember(issue, finding)
    if issue.id in known.seen_again:
        _seen_again(tx, project, issue, run.id, scope)
        if places := known.places.get(issue.id):
            _show_places(tx, project, known, issue, places)
        runs.end(run, "completed", summary=f"It is still there at {scope.commit[:12]}.")
    elif scope.looked_at(issue):
        if states.allows(issue, "gone"):
            _close(tx, project, issue, run.id, scope)
        runs.end(run, "completed", summary=f"It is gone at {scope.commit[:12]}.")
    else:
        why = f"{issue.rule or 'it'} was not looked for in all of its files, which proves nothing"
        runs.end(run, "failed", error=f"{why}. {scope.summary}".strip())


def _fresh(project: Project, session: IssueSession, finding: Finding) -> Issue:
    issue = issues.new(project, title=finding.title, description=finding.description, created_by="scan")
    issue.session_id, issue.fingerprint, issue.mirrored = session.id, finding.prints[0], False
    issue.priority, issue.suggested_prompt, issue.labels = (
        finding.priority,
        finding.suggested_prompt,
        finding.labels,
    )
    issue.rule, issue.area, issue.confidence = finding.rule or None, finding.area, finding.confidence
    issue.evidence, issue.autofix = finding.evidence, finding.autofix
    return issue


def _seen_again(tx: Session, project: Project, issue: Issue, by: str, scope: Scope) -> str:
    """Returns the count it goes to. `by`: the session or run that saw it."""
    if issue.status != "completed":
        return "known"
    states.move(issue, "found_again")
    _tell(tx, project, issue, "found_again", by, scope)
    mirror.show(tx, project, issue)
    return "reopened"


def _show_places(tx: Session, project: Project, known: Known, issue: Issue, places: list[Place]) -> None:
    """Where the issue is now; that only its lines have moved is not worth an edit on GitHub."""
    now = [_location(place, known.scope.commit) for place in places]
    looked_at = {place.path for place in places}
    now += [
        place
        for place in issue.locations
        if place["path"] not in looked_at and not known.scope.covers(issue.rule or "", place["path"])
    ]
    moved = issue.id in known.grown or _paths(now) != _paths(issue.locations)
    issue.locations = now
    if moved:
        issue.updated_at = clock.now()
        mirror.show(tx, project, issue)


def _close_gone(tx: Session, project: Project, by: str, known: Known) -> int:
    waiting = [
        issue
        for issue in known.issues.values()
        if issue.status in ("open", "failed") and not issue.deleted_at
    ]
    gone = [issue for issue in waiting if issue.id not in known.seen_again and known.scope.looked_at(issue)]
    for issue in gone:
        _close(tx, project, issue, by, known.scope)
    return len(gone)


def _close(tx: Session, project: Project, issue: Issue, by: str, scope: Scope) -> None:
    states.move(issue, "gone")
    mirror.show(tx, project, issue)
    _tell(tx, project, issue, "gone", by, scope)


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


def _tell(tx: Session, project: Project, issue: Issue, text: str, by: str, scope: Scope) -> None:
    """Say on the GitHub issue what was seen, with the commits that prove it."""
    if issue.github_number and issue.locations:
        before = issue.locations[0]["commit"]
        key = f"{text}.{issue.id}.{by}"
        threads.say(tx, project, issue.github_number, key, text, before=before, commit=scope.commit)


def _location(place: Place, commit: str) -> dict[str, Any]:
    return {"path": place.path, "startLine": place.start_line, "endLine": place.end_line, "commit": commit}


def _paths(locations: list[dict[str, Any]]) -> Counter[str]:
    return Counter(place["path"] for place in locations)
