"""The scan of an issue session."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy.orm import Session

from bot.agents import run_agent
from bot.agents.base import AgentFailed, FoundIssue, ScanResult, Task
from bot.domain import findings, runs, sessions
from bot.domain.findings import Finding, Place, Scope
from bot.github.errors import Forbidden, NoInstallation, NotFound
from bot.jobs.live import Live
from bot.jobs.work import Work
from bot.sandbox import open_sandbox, repo
from bot.sandbox.base import Limits, SandboxError
from bot.sandbox.git import RepoError
from bot.store.models import IssueSession, Project

LOG_TAIL = 2_000


def scan(work: Work) -> None:
    """Run the session's agent over a clean checkout and file what it finds."""
    with work.note() as tx:
        session, project = _load(tx, work)
        if session.status != "active":
            return
        sessions.begin(tx, session)
        if work.again:
            runs.append_log(tx, session.run_id, "The worker was lost; starting again.\n")
        dismissed = findings.dismissed(tx, project)
    try:
        result, commit = _look(work, session, project, dismissed)
    except AgentFailed as failed:
        _end(work, f"{failed.reason}\n\n{failed.log_tail[-LOG_TAIL:]}".strip())
    except (RepoError, SandboxError) as failed:
        _end(work, str(failed))
    except (NoInstallation, Forbidden, NotFound) as refused:
        _end(work, f"GitHub gives no access to {project.name}: {refused}")
    else:
        _end(work, None, result, commit)


def died(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the session says so."""
    session = tx.get_one(IssueSession, args["session_id"])
    if session.status == "active":
        sessions.fail(tx, tx.get_one(Project, session.project_id), session, error)


def _look(
    work: Work, session: IssueSession, project: Project, dismissed: list[str]
) -> tuple[ScanResult, str]:
    tools = work.tools
    template = tools.template(session.template_id)
    live = Live(work, session.run_id, _keep_progress(session.id), _is_active(session.id))
    with live, tempfile.TemporaryDirectory(prefix="askfirst-checkout-") as folder:
        live.progress("checkout", 5, "Fetching the repository.")
        remote = tools.remote(project)
        head = repo.remote_head(tools.config.askfirst_home, remote)
        mirror = repo.fetch(tools.config.askfirst_home, project.id, remote)
        commit = repo.checkout(mirror, session.ref or head.branch, Path(folder))
        task = Task(
            kind="scan", prompt=session.prompt, paths=session.paths, commit=commit, dismissed=dismissed
        )
        with open_sandbox(template, _limits(session, template.limits)) as sandbox:
            live.stop = sandbox.close
            return run_agent(template, task, Path(folder), sandbox, live.progress, live.log), commit


def _end(work: Work, error: str | None, result: ScanResult | None = None, commit: str = "") -> None:
    with work.finish() as tx:
        session, project = _load(tx, work)
        if session.status != "active":
            return
        if result is None:
            sessions.fail(tx, project, session, error or "")
        else:
            sessions.complete(
                tx, project, session, [_finding(issue) for issue in result.issues], _scope(result, commit)
            )


def _load(tx: Session, work: Work) -> tuple[IssueSession, Project]:
    session = tx.get_one(IssueSession, work.args["session_id"], with_for_update=True)
    return session, tx.get_one(Project, session.project_id)


def _limits(session: IssueSession, default: Limits) -> Limits:
    asked = {"memory_mb": session.memory_mb, "cpu_count": session.cpu_count, "timeout_ms": session.timeout_ms}
    return default.model_copy(update={name: value for name, value in asked.items() if value is not None})


def _keep_progress(session_id: str):  # type: ignore[no-untyped-def]
    def keep(tx: Session, stage: str, percent: int, message: str) -> None:
        sessions.progress(tx.get_one(IssueSession, session_id), stage, percent, message)

    return keep


def _is_active(session_id: str):  # type: ignore[no-untyped-def]
    def wanted(tx: Session) -> bool:
        session = tx.get(IssueSession, session_id)
        return session is not None and session.status == "active"

    return wanted


def _finding(issue: FoundIssue) -> Finding:
    places = [
        Place(place.path, place.start_line, place.end_line, place.fingerprint, place.moved_fingerprint)
        for place in issue.locations
    ]
    return Finding(
        title=issue.title,
        description=issue.description,
        priority=issue.priority,
        rule=issue.rule or "",
        area=issue.area,
        places=places,
        suggested_prompt=issue.suggested_prompt or None,
        labels=issue.labels,
        evidence=issue.evidence or None,
        confidence=issue.confidence,
        autofix=issue.autofix,
    )


def _scope(result: ScanResult, commit: str) -> Scope:
    places = {place.fingerprint for issue in result.issues for place in issue.locations}
    seen = frozenset(places | set(result.also_seen))
    return Scope(commit=commit, summary=result.summary, seen=seen, covers=result.covers)
