"""Issues by REST."""

from __future__ import annotations

from api.bulk import delete_each
from api.routes import Call, Routes, shown
from api.schemas.base import BulkDeleted
from api.schemas.issues import (
    Dismissal,
    IssueById,
    IssueChanges,
    IssueFilters,
    IssueNamed,
    IssueOut,
    IssuesNamed,
    NewIssue,
    RunLink,
    issue_out,
)
from bot.domain import issues
from bot.domain.pages import Page

routes = Routes()


@routes.get("/issues/list", scope="issues:read")
def list_(call: Call, query: IssueFilters) -> Page[IssueOut]:
    """The project's issues, newest first."""
    filters = {"status": query.status, "session_id": query.session_id, "priority": query.priority}
    page = issues.listed(
        call.tx, call.project_id, **filters, words=query.q, limit=query.limit, after=call.after
    )
    return shown(page, issue_out)


@routes.get("/issues/get", scope="issues:read")
def get(call: Call, query: IssueById) -> IssueOut:
    """One issue."""
    return issue_out(issues.get(call.tx, call.project_id, query.id, lock=call.locks))


@routes.post("/issues/create", scope="issues:write", status=201)
def create(call: Call, body: NewIssue) -> IssueOut:
    """File an issue; GitHub shows it too."""
    return issue_out(issues.create(call.tx, call.project, created_by=call.actor, **body.given()))


@routes.post("/issues/update", scope="issues:write")
def update(call: Call, body: IssueChanges) -> IssueOut:
    """Change the fields that are sent; GitHub follows."""
    changes = body.given()
    return issue_out(issues.update(call.tx, call.project, changes.pop("issue_id"), changes))


@routes.post("/issues/delete", scope="issues:write")
def delete(call: Call, body: IssueNamed) -> IssueOut:
    """Put an issue in the trash; its GitHub issue is closed as not planned."""
    return issue_out(issues.delete(call.tx, call.project, body.issue_id))


@routes.post("/issues/dismiss", scope="issues:write")
def dismiss(call: Call, body: Dismissal) -> IssueOut:
    """Say that nothing is to be done about an issue, and why; GitHub follows."""
    given = body.given()
    return issue_out(issues.dismiss(call.tx, call.project, given.pop("issue_id"), **given))


@routes.post("/issues/reopen", scope="issues:write")
def reopen(call: Call, body: IssueNamed) -> IssueOut:
    """Open a completed, dismissed or failed issue again; GitHub follows."""
    return issue_out(issues.reopen(call.tx, call.project, body.issue_id))


@routes.post("/issues/recheck", scope="issues:write")
def recheck(call: Call, body: IssueNamed) -> IssueOut:
    """Have an agent look whether what a scan filed is still there; its run is of kind scan, with the issue's id."""
    return issue_out(issues.recheck(call.tx, call.project, body.issue_id, created_by=call.actor))


@routes.post("/issues/link-run", scope="issues:write")
def link_run(call: Call, body: RunLink) -> IssueOut:
    """Say that a fix run works the issue, which takes the state that the run came to."""
    return issue_out(issues.link_run(call.tx, call.project, body.issue_id, body.run_id))


@routes.post("/issues/bulk-delete", scope="issues:write")
def bulk_delete(call: Call, body: IssuesNamed) -> BulkDeleted:
    """Put many issues in the trash; those that cannot go are skipped, each with why."""
    return delete_each(body.issue_ids, lambda issue_id: issues.delete(call.tx, call.project, issue_id))
