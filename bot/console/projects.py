"""The projects that a person may see: how each stands, its configuration, and its pause."""

from __future__ import annotations

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.console import charts, links, who
from bot.console.door import console as console
from bot.console.door import shown
from bot.console.extensions import ledger, settings
from bot.domain import chains, events, questions, repo_config, runs, sessions, trends, troubles
from bot.domain import projects as nouns
from bot.domain.errors import Invalid
from bot.domain.sign_ins import visible

NEWEST = 5
WAITING = 20
LONGEST_REASON = 200


@console.get("/projects")
def projects() -> Response:
    """All of them."""
    visitor = who.visitor()
    with ledger().read() as tx:
        found = visible(tx, visitor.sign_in, operator=visitor.operator)
        open_issues = {one.id: trends.open_now(tx, one.id).total() for one in found[:100]}
    return shown("projects.html", projects=found, open_issues=open_issues, install=links.install(settings()))


@console.get("/projects/<project_id>")
def project(project_id: str) -> Response:
    """How it stands, and what was done lately."""
    visitor = who.visitor()
    with ledger().read() as tx:
        found = visitor.project(tx, project_id)
        newest = chains.listed(tx, found.id, NEWEST).rows
        return shown(
            "project.html",
            project=found,
            remedy=troubles.remedy(found.paused_reason) if found.paused_reason else None,
            spent=runs.spent(tx, found),
            chart=charts.findings(trends.of(tx, found.id)),
            sessions=sessions.listed(tx, found.id, NEWEST).rows,
            chains=newest,
            counts=chains.counts(tx, [chain.id for chain in newest]),
            questions=questions.waiting(tx, found, WAITING),
            events=events.listed(tx, found.id, limit=NEWEST).rows,
        )


@console.get("/projects/<project_id>/configuration")
def configuration(project_id: str) -> Response:
    """Every value in force, and where it is written."""
    visitor = who.visitor()
    with ledger().read() as tx:
        found = visitor.project(tx, project_id, manage=True)
    return shown("configuration.html", project=found, settings=repo_config.settings(found))


@console.post("/projects/<project_id>/pause")
def pause(project_id: str) -> AnyResponse:
    """Lets nothing start."""
    visitor = who.visitor()
    reason = request.form.get("reason", "").strip() or f"{visitor.login} paused it"
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"The reason has at most {LONGEST_REASON} characters.", "reason")
    with ledger().write() as tx:
        found = visitor.project(tx, project_id, manage=True)
        nouns.pause(tx, found, reason)
        visitor.did(tx, found, "project/pause", found.id)
    return redirect(url_for("console.project", project_id=project_id))


@console.post("/projects/<project_id>/resume")
def resume(project_id: str) -> AnyResponse:
    """Lets it go on."""
    visitor = who.visitor()
    with ledger().write() as tx:
        found = visitor.project(tx, project_id, manage=True)
        nouns.resume(tx, found)
        visitor.did(tx, found, "project/resume", found.id)
    return redirect(url_for("console.project", project_id=project_id))
