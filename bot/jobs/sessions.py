"""The scan of an issue session."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.agents.base import FoundIssue, ScanResult, Task
from bot.agents.run import run_scan
from bot.domain import places, runs, sessions
from bot.domain.places import Finding, Place, Scope
from bot.jobs import agent
from bot.jobs.agent import Checkout, RunFailed
from bot.jobs.thinking import brain
from bot.jobs.work import Work
from bot.store.models import IssueSession, Project


def scan(work: Work) -> None:
    """Run the session's agent over a clean checkout and file what it finds."""
    with work.note() as tx:
        session, project = _load(tx, work)
        if session.status != "active":
            return
        agent.must_be_allowed(project)
        sessions.begin(tx, session)
        if work.again:
            runs.append_log(tx, session.run_id, "The worker was lost; starting again.\n")
        dismissed = places.dismissed(tx, project)
    try:
        result, source = _look(work, session, project, dismissed)
    except RunFailed as failed:
        with work.finish() as tx:
            died(tx, work.args, str(failed))
        return
    with work.finish() as tx:
        session, project = _load(tx, work)
        if session.status == "active":
            found = [finding(issue) for issue in result.issues]
            sessions.complete(tx, project, session, found, scope(result, source.commit))


def died(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the session says so."""
    session = tx.get_one(IssueSession, args["session_id"], with_for_update=True)
    if session.status == "active":
        sessions.fail(tx, tx.get_one(Project, session.project_id), session, error)


def limits(session: IssueSession) -> dict[str, int | None]:
    """What the session's sandbox may use, where that was said."""
    return {
        "memory_mb": session.memory_mb,
        "cpu_count": session.cpu_count,
        "timeout_ms": session.timeout_ms,
    }


def _look(
    work: Work, session: IssueSession, project: Project, dismissed: list[str]
) -> tuple[ScanResult, Checkout]:
    def keep(tx: Session, stage: str, percent: int, message: str) -> None:
        sessions.progress(tx.get_one(IssueSession, session.id), stage, percent, message)

    with agent.live(work, session.run_id, keep) as live, agent.reasons(project):
        live.progress("checkout", 5, "Fetching the repository.")
        template = work.tools.template(session.template_id)
        with (
            agent.checkout(work, project, session.ref) as source,
            agent.sandbox(work, live, template, **limits(session)) as box,
        ):
            mind = brain(work, template, project, session.run_id)
            task = Task(
                kind="scan",
                prompt=session.prompt,
                paths=session.paths,
                commit=source.commit,
                dismissed=dismissed,
                limits=agent.time_of(template, source, session.timeout_ms),
            )
            return run_scan(template, task, source.folder, box, live.progress, live.log, mind), source


def _load(tx: Session, work: Work) -> tuple[IssueSession, Project]:
    session = tx.get_one(IssueSession, work.args["session_id"], with_for_update=True)
    return session, tx.get_one(Project, session.project_id)


def finding(issue: FoundIssue) -> Finding:
    """The agent's issue as the nouns know it."""
    at = [
        Place(place.path, place.start_line, place.end_line, place.fingerprint, place.moved_fingerprint)
        for place in issue.locations
    ]
    return Finding(
        title=issue.title,
        description=issue.description,
        priority=issue.priority,
        rule=issue.rule or "",
        area=issue.area,
        places=at,
        suggested_prompt=issue.suggested_prompt or None,
        labels=issue.labels,
        evidence=issue.evidence or None,
        confidence=issue.confidence,
        autofix=issue.autofix,
    )


def scope(result: ScanResult, commit: str) -> Scope:
    """What the agent looked at."""
    found = {place.fingerprint for issue in result.issues for place in issue.locations}
    seen = frozenset(found | set(result.also_seen))
    return Scope(commit=commit, summary=result.summary, seen=seen, covers=result.covers)
