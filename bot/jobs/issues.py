"""Brings an issue's twin on GitHub to what the issue is now."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.domain import intents, mirror, rounds
from bot.github.errors import Gone, NotFound
from bot.github.inert import canonical
from bot.github.issuetext import IssueContent, Place, issue_body, read_back, read_back_title
from bot.github.mirror import ensure_issue
from bot.jobs.work import Work
from bot.store.models import Issue, Project
from bot.webhooks import events
from bot.webhooks.handlers.issues import as_seen


def show(work: Work) -> None:
    """Make or mend the GitHub issue; when it already shows all this, nothing is sent."""
    with work.db.read() as tx:
        wish = _wish(tx, work)
    if wish is None:
        return
    issue = wish.issue
    repo = work.tools.repo(wish.project, issues="write")
    repo.take_turn(creates=issue.github_number is None)
    with work.note() as tx:
        _, since = intents.intend(tx, "issue", issue.id, repo.repository_id)
    try:
        there = ensure_issue(
            repo,
            secret=work.tools.secret,
            local_id=issue.id,
            number=issue.github_number,
            recover_since=since,
            content=wish.content,
            changed=wish.changed,
        )
    except (NotFound, Gone):
        if issue.github_number is None:
            raise
        return _lost(work, wish.project, issue)
    sent = wish.wanted if issue.shown is None else {name: wish.wanted[name] for name in wish.changed}
    with work.finish() as tx:
        intents.made(tx, "issue", issue.id, there.number, there.node_id)
        kept = tx.get_one(Issue, issue.id, with_for_update=True)
        if mirror.shown(kept, there.number, there.url, {**sent, "at": there.updated_at.isoformat()}):
            _take_over(tx, wish.project, kept, there.thing, ours=sent.keys())


@dataclass(frozen=True)
class _Wish:
    """What GitHub is to show of an issue, and what of it differs from what it shows now."""

    issue: Issue
    project: Project
    content: IssueContent
    wanted: dict[str, Any]
    changed: set[str]


def _wish(tx: Session, work: Work) -> _Wish | None:
    issue = tx.get_one(Issue, work.args["issue_id"])
    project = tx.get_one(Project, issue.project_id)
    if project.paused_reason or not issue.mirrored or project.repository_id is None:
        return None
    content = _content(work, project, issue)
    wanted = _wanted(issue, content)
    changed = {name for name in wanted if (issue.shown or {}).get(name) != wanted[name]}
    if issue.purged_at:
        changed &= {"state", "reason"}  # its words were removed here, not there
    if not changed or (issue.github_number is None and content.state == "closed"):
        return None
    return _Wish(issue, project, content, wanted, changed)


def look(work: Work) -> None:
    """Read the GitHub issue where events alone do not tell what it says now."""
    with work.db.read() as tx:
        issue = tx.get_one(Issue, work.args["issue_id"])
        project = tx.get_one(Project, issue.project_id)
    if issue.github_number is None or issue.shown is None:
        return
    try:
        there = work.tools.repo(project, issues="read").request("GET", f"/issues/{issue.github_number}").data
    except (NotFound, Gone):
        return _lost(work, project, issue)
    with work.finish() as tx:
        kept = tx.get_one(Issue, issue.id, with_for_update=True)
        if kept.shown == issue.shown:  # else something newer has come meanwhile
            _take_over(tx, project, kept, there)


def catch_up(work: Work) -> None:
    """See which issues people changed while nothing was heard of them, and have all brought to what is so now."""
    with work.db.read() as tx:
        project = tx.get_one(Project, work.args["project_id"])
    if project.paused_reason:
        return
    changed = _changed_at(work, project) if mirror.is_on(project) else None
    with work.finish() as tx:
        mirror.catch_up_with(tx, project, changed)
        rounds.look_at_all(tx, project)


def _changed_at(work: Work, project: Project) -> dict[int, str]:
    """By number: when each issue that our App wrote last changed on GitHub."""
    query = {"creator": f"{work.tools.app.slug}[bot]", "state": "all"}
    issues = work.tools.repo(project, issues="read").pages("/issues", query)
    return {issue["number"]: datetime.fromisoformat(issue["updated_at"]).isoformat() for issue in issues}


def _lost(work: Work, project: Project, issue: Issue) -> None:
    """The GitHub issue is not there any more, unless that is so of the whole repository."""
    work.tools.repo(project, metadata="read").must_be_usable()
    with work.finish() as tx:
        mirror.lost(tx.get_one(Issue, issue.id))


def _take_over(
    tx: Session, project: Project, issue: Issue, there: dict[str, Any], ours: Collection[str] = ()
) -> None:
    """People's part in what GitHub shows; `ours` are fields that we have just written, which it may not show yet."""
    shown = issue.shown or {}
    now = as_seen(
        events.Issue.model_validate(there),
        title=read_back_title(there["title"], shown["title"]),
        description=read_back(there["body"], shown["description"]),
    )
    now = replace(now, **{name: shown[name] for name in ours if hasattr(now, name)})
    if mirror.differs(issue, now):
        mirror.take_over(tx, project, issue, now)


def _content(work: Work, project: Project, issue: Issue) -> IssueContent:
    state, reason = mirror.state(issue)
    settings = work.tools.config
    return IssueContent(
        title=issue.title,
        description=issue.description,
        priority=issue.priority,
        repository_url=f"{settings.github_server_url}/{project.name}",
        rest_url=f"{settings.public_url}/api/v1/issues/get?id={issue.id}",
        state=state,  # type: ignore[arg-type]
        state_reason=reason,  # type: ignore[arg-type]
        places=tuple(
            Place(place["path"], place["startLine"], place["endLine"], place["commit"])
            for place in issue.locations
        ),
        rule=issue.rule,
        suggested_prompt=issue.suggested_prompt,
    )


def _wanted(issue: Issue, content: IssueContent) -> dict[str, Any]:
    """What GitHub is to show, in the form in which it is remembered."""
    body = issue_body(content, mark="")
    return {
        "title": content.title,
        "description": canonical(content.description),
        "priority": content.priority,
        "state": content.state,
        "reason": content.state_reason,
        "body": hashlib.sha256(body.encode()).hexdigest()[:16],
    }
