"""Sessions, chains and runs as they happen; each page brings itself up to date while something goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from bot.console import who
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import ledger
from bot.domain import answering, chains, events, issues, runs, sessions
from bot.domain.pages import Page

SHOWN = 25
ISSUES = 50
LOG_BYTES = 16_000  # of its end


@console.get("/projects/<project_id>/sessions")
def list_sessions(project_id: str) -> Response:
    """The project's scans."""
    return _list("sessions", project_id, sessions.listed)


@console.get("/projects/<project_id>/chains")
def list_chains(project_id: str) -> Response:
    """The project's work chains."""
    return _list("chains", project_id, chains.listed)


@console.get("/projects/<project_id>/runs")
def list_runs(project_id: str) -> Response:
    """The project's agent runs."""
    return _list("runs", project_id, lambda tx, its, limit, after: runs.listed(tx, its, {}, limit, after))


@console.get("/projects/<project_id>/events")
def list_events(project_id: str) -> Response:
    """Who did what, by which door."""
    return _list(
        "events", project_id, lambda tx, its, limit, after: events.listed(tx, its, limit=limit, after=after)
    )


@console.get("/projects/<project_id>/sessions/<session_id>")
def session(project_id: str, session_id: str) -> Response:
    """A scan: how far it is, its log, and what it filed."""
    visitor = who.visitor()
    with ledger().read() as tx:
        project = visitor.project(tx, project_id)
        found = sessions.get(tx, project.id, session_id)
        filed = issues.listed(tx, project.id, session_id=found.id, limit=ISSUES)
        unshown = any(issue.mirrored and not issue.github_url for issue in filed.rows)
        return shown(
            "session.html",
            project=project,
            session=found,
            run=runs.get(tx, project.id, found.run_id),
            log=_end_of_log(tx, found.run_id),
            issues=filed,
            rounds=answering.listed(tx, project.id, issue_session_id=found.id).rows,
            live=found.status == "active" or unshown,
        )


@console.get("/projects/<project_id>/chains/<chain_id>")
def chain(project_id: str, chain_id: str) -> Response:
    """A work chain: its issues with their states, and the log of the one in hand."""
    visitor = who.visitor()
    with ledger().read() as tx:
        project = visitor.project(tx, project_id)
        found = chains.get(tx, project.id, chain_id)
        items = chains.worked_issues(tx, found)
        in_hand = next((item.run_id for item, _ in items if item.status == "running"), None)
        return shown(
            "chain.html",
            project=project,
            chain=found,
            items=items,
            run_id=in_hand,
            log=_end_of_log(tx, in_hand) if in_hand else "",
            live=found.status in ("pending", "running"),
        )


@console.get("/projects/<project_id>/runs/<run_id>")
def run(project_id: str, run_id: str) -> Response:
    """An agent run, with the end of its log."""
    visitor = who.visitor()
    with ledger().read() as tx:
        project = visitor.project(tx, project_id)
        found = runs.get(tx, project.id, run_id)
        return shown(
            "run.html",
            project=project,
            run=found,
            log=_end_of_log(tx, found.id),
            live=found.status in runs.LIVE,
        )


def _list(
    kind: str, project_id: str, listed: Callable[[Session, str, int, str | None], Page[Any]]
) -> Response:
    visitor = who.visitor()
    with ledger().read() as tx:
        project = visitor.project(tx, project_id)
        page = listed(tx, project.id, SHOWN, request.args.get("after"))
        counts = chains.counts(tx, [row.id for row in page.rows]) if kind == "chains" else None
        return shown(f"{kind}.html", project=project, page=page, counts=counts)


def _end_of_log(tx: Any, run_id: str) -> str:
    start = max(0, runs.log_size(tx, run_id) - LOG_BYTES)
    text = runs.log(tx, run_id, start).decode(errors="replace")
    # from the start of a line
    return text.partition("\n")[2] if start else text
