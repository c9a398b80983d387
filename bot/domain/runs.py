"""Runs: one agent execution each, with its log."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

from bot.domain import repo_config, troubles
from bot.domain.errors import Conflict, NotFound
from bot.domain.pages import Page, page
from bot.store import clock
from bot.store.db import count
from bot.store.models import AnsweringSession, IssueSession, Project, Run, RunLog, WorkChain

KINDS = ("scan", "ask", "fix")
STATUSES = ("queued", "running", "completed", "failed", "cancelled")
LIVE = ("queued", "running")
LOG_LIMIT = 2**20
A_DAY = timedelta(days=1)


def must_be_allowed(tx: Session, project: Project) -> None:
    """Raises Conflict with the reason while nothing starts in the project: it is paused, or had its runs for now."""
    if reason := pause_of(tx, project.id):
        raise Conflict(f"The project is paused: {reason.rstrip('.')}. {troubles.remedy(reason)}")
    if reason := spent(tx, project):
        raise Conflict(reason)


def spent(tx: Session, project: Project) -> str | None:
    """That the project had all which its configuration allows in a day, runs or tokens, in a sentence; else None."""
    limits, newest = repo_config.of(project).limits, _of_a_day(tx, project)
    if len(newest) >= limits.runs_per_day:
        what, oldest = f"had its {limits.runs_per_day} runs of a day (limits.runs_per_day", newest[-1]
    elif sum(tokens for _, tokens in newest) >= limits.tokens:
        what, oldest = f"used its {limits.tokens:,} tokens of a day (limits.tokens", newest[-1]
    else:
        return None
    again = oldest[0] + A_DAY
    return f"The project {what} in {repo_config.PATH}); start again after {again:%Y-%m-%d %H:%M} UTC."


def tokens_left(tx: Session, project: Project) -> int:
    """How many tokens the project may still use of its day's."""
    return repo_config.of(project).limits.tokens - sum(tokens for _, tokens in _of_a_day(tx, project))


def _of_a_day(tx: Session, project: Project) -> list[tuple[datetime, int]]:
    """The project's newest runs, as many as it may have in a day: when each was queued, and its tokens."""
    newest = select(Run.created_at, Run.tokens).where(Run.project_id == project.id).order_by(Run.id.desc())
    rows = tx.execute(newest.limit(repo_config.of(project).limits.runs_per_day))
    return [(created_at, tokens) for created_at, tokens in rows if created_at + A_DAY > clock.now()]


def spend(tx: Session, run: Run, tokens: int) -> None:
    """The run's model took so many more tokens; its session or chain counts them too."""
    run.tokens += tokens
    for whole in (
        tx.get(IssueSession, run.session_id or ""),
        tx.get(AnsweringSession, run.session_id or ""),
        tx.get(WorkChain, run.chain_id or ""),
    ):
        if whole is not None:
            whole.tokens += tokens
    count(tx, "askfirst_tokens_total", tokens, kind=run.kind)


def pause_of(tx: Session, project_id: str) -> str | None:
    """Why the project is paused, None where it is not; that does not change before the transaction ends."""
    held = select(Project.paused_reason).where(Project.id == project_id).with_for_update(read=True)
    return tx.scalar(held)


def template(project: Project, wanted: str | None = None) -> str:
    """The template that a run gets, without a wish the server's own; in a test project always `scripted`."""
    tx = object_session(project)
    own: str = tx.info["template"] if tx else "base"
    return "scripted" if project.mode == "test" else wanted or own


def queue(
    tx: Session,
    project: Project,
    kind: str,
    template_id: str | None,
    *,
    session_id: str | None = None,
    issue_id: str | None = None,
    chain_id: str | None = None,
) -> Run:
    """A run that waits for its worker."""
    run = Run(
        id=clock.new_id("run"),
        project_id=project.id,
        kind=kind,
        status="queued",
        template_id=template(project, template_id),
        session_id=session_id,
        issue_id=issue_id,
        chain_id=chain_id,
        tokens=0,
        created_at=clock.now(),
    )
    tx.add(run)
    return run


def get(tx: Session, project_id: str, run_id: str, *, field: str = "id") -> Run:
    """The run, unless it is another project's: NotFound."""
    run = tx.get(Run, run_id)
    if run is None or run.project_id != project_id:
        raise NotFound(f"There is no run {run_id} in this project.", field)
    return run


def listed(
    tx: Session, project_id: str, filters: dict[str, str | None], limit: int = 100, after: str | None = None
) -> Page[Run]:
    """A page of the project's runs, newest first; filters by column, None for any."""
    query = select(Run).where(Run.project_id == project_id)
    for name, value in filters.items():
        if value is not None:
            query = query.where(getattr(Run, name) == value)
    return page(tx, query, Run.id, limit, after)


def start(run: Run) -> None:
    """A worker took the run (again, when another died with it)."""
    run.status, run.started_at = "running", run.started_at or clock.now()


def end(
    run: Run,
    status: str,
    *,
    outcome: str | None = None,
    summary: str | None = None,
    error: str | None = None,
    verified: str | None = None,
) -> None:
    """The run came to its end."""
    run.status, run.outcome, run.summary, run.error = status, outcome, summary, error
    run.verified = verified
    run.completed_at = clock.now()
    if tx := object_session(run):
        count(tx, "askfirst_runs_total", kind=run.kind, status=status)


def live(tx: Session) -> dict[tuple[str, str], int]:
    """How many runs wait or are worked on, by kind and status."""
    query = select(Run.kind, Run.status, func.count()).where(Run.status.in_(LIVE))
    return {(kind, status): count for kind, status, count in tx.execute(query.group_by(Run.kind, Run.status))}


def in_hand(tx: Session, limit: int) -> list[Run]:
    """The runs of all projects that are worked on, each in a sandbox of its own, oldest first."""
    return list(tx.scalars(select(Run).where(Run.status == "running").order_by(Run.id).limit(limit)))


def is_live(tx: Session, run_id: str | None) -> bool:
    """Whether there is such a run and it has not ended."""
    run = tx.get(Run, run_id) if run_id else None
    return run is not None and run.status in LIVE


def verdict(run: Run) -> tuple[str, str | None, str | None]:
    """What a fix run makes of its issue: (status, resolution, failure reason)."""
    if run.status in LIVE:
        return "running", None, None
    if run.status == "failed" or run.outcome == "failed":
        return "failed", None, run.error
    if run.outcome == "done":
        return "running", "proposed", None
    return "open", None, None


def append_log(tx: Session, run_id: str, text: str) -> None:
    """Add text to the run's log; what is over 1 MiB is dropped."""
    position = log_size(tx, run_id)
    # PostgreSQL stores no NUL in a text
    kept = text.replace("\0", "\ufffd").encode()[: LOG_LIMIT - position].decode(errors="ignore")
    if kept:
        tx.add(RunLog(run_id=run_id, position=position, text=kept))
        tx.flush()


def log_size(tx: Session, run_id: str) -> int:
    """How many bytes the log has."""
    query = select(RunLog).where(RunLog.run_id == run_id).order_by(RunLog.position.desc()).limit(1)
    last = tx.scalars(query).first()
    return last.position + len(last.text.encode()) if last else 0


def log(tx: Session, run_id: str, after: int = 0) -> bytes:
    """The log from byte `after` on."""
    first = select(func.max(RunLog.position)).where(RunLog.run_id == run_id, RunLog.position <= after)
    start_at = tx.scalar(first) or 0
    query = (
        select(RunLog.text)
        .where(RunLog.run_id == run_id, RunLog.position >= start_at)
        .order_by(RunLog.position)
    )
    return "".join(tx.scalars(query)).encode()[after - start_at :]
