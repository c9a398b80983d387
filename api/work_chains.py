"""Work chains by REST."""

from __future__ import annotations

from collections.abc import Sequence

from api.routes import Call, Routes
from api.schemas.base import Paged, PullRequest
from api.schemas.issues import issue_out
from api.schemas.work_chains import (
    ChainById,
    ChainIssueOut,
    ChainNamed,
    ChainOut,
    ItemNamed,
    ItemSkipped,
    NewChain,
)
from bot.domain import chains, projects
from bot.domain.pages import Page
from bot.store.models import ChainItem, Issue, WorkChain

routes = Routes()


@routes.get("/work-chains/list", scope="work-chains:read")
def list_(call: Call, query: Paged) -> Page[ChainOut]:
    """The project's chains, newest first, without those in the trash."""
    page = chains.listed(call.tx, call.project_id, query.limit, call.after)
    return Page(chains_out(call, page.rows), page.after)


@routes.get("/work-chains/get", scope="work-chains:read")
def get(call: Call, query: ChainById) -> ChainOut:
    """One chain."""
    return _one(call, chains.get(call.tx, call.project_id, query.id, lock=call.locks))


@routes.get("/work-chains/issues", scope="work-chains:read")
def issues(call: Call, query: ChainById) -> Page[ChainIssueOut]:
    """All issues of a chain, in its order, each with how far it is."""
    chain = chains.get(call.tx, call.project_id, query.id)
    return Page([_item(*each) for each in chains.worked_issues(call.tx, chain)], None)


@routes.post("/work-chains/create", scope="work-chains:write", status=201)
def create(call: Call, body: NewChain) -> ChainOut:
    """Put issues in the order in which they are to be worked; nothing starts yet."""
    return _one(call, chains.create(call.tx, call.project, created_by=call.actor, **body.given()))


@routes.post("/work-chains/start", scope="work-chains:write", status=201, starts=True)
def start(call: Call, body: ChainNamed) -> ChainOut:
    """Begin to work a chain; a failed one resumes at the issue that failed."""
    return _one(call, chains.start(call.tx, call.project, body.chain_id))


@routes.post("/work-chains/pause", scope="work-chains:write")
def pause(call: Call, body: ChainNamed) -> ChainOut:
    """Stop a running chain; the issue in hand begins anew when it is resumed."""
    chain = chains.get(call.tx, call.project_id, body.chain_id, field="chainId", lock=True)
    chains.pause(call.tx, call.project, chain, "person")
    return _one(call, chain)


@routes.post("/work-chains/resume", scope="work-chains:write")
def resume(call: Call, body: ChainNamed) -> ChainOut:
    """Go on with a paused chain, on top of what others put on its branch meanwhile."""
    return _one(call, chains.resume(call.tx, call.project, body.chain_id))


@routes.post("/work-chains/retry", scope="work-chains:write")
def retry(call: Call, body: ItemNamed) -> ChainOut:
    """Work an issue again that failed, was skipped or needed no change; a failed chain goes on with it."""
    return _one(call, chains.retry(call.tx, call.project, body.chain_id, body.issue_id))


@routes.post("/work-chains/skip", scope="work-chains:write")
def skip(call: Call, body: ItemSkipped) -> ChainOut:
    """Leave an issue out; a chain that waits for it or failed at it goes on."""
    return _one(call, chains.skip(call.tx, call.project, body.chain_id, body.issue_id, body.reason))


@routes.post("/work-chains/cancel", scope="work-chains:write")
def cancel(call: Call, body: ChainNamed) -> ChainOut:
    """End a chain; what is pushed stays."""
    chain = chains.get(call.tx, call.project_id, body.chain_id, field="chainId", lock=True)
    chains.cancel(call.tx, call.project, chain)
    return _one(call, chain)


@routes.post("/work-chains/delete", scope="work-chains:write")
def delete(call: Call, body: ChainNamed) -> ChainOut:
    """Put a chain in the trash; a paused one is cancelled."""
    return _one(call, chains.delete(call.tx, call.project, body.chain_id))


def _one(call: Call, chain: WorkChain) -> ChainOut:
    return chains_out(call, [chain])[0]


def chains_out(call: Call, rows: Sequence[WorkChain]) -> list[ChainOut]:
    """The chains as callers see them."""
    counts = chains.counts(call.tx, [row.id for row in rows])
    found = []
    for row in rows:
        out = ChainOut.model_validate(row)
        out.github_repo_url = projects.address(call.project)
        out.issue_count, out.completed_count, out.current_issue_id = counts.get(row.id, (0, 0, None))
        if number := row.pull_request_number:
            url = row.pull_request_url or f"{call.project.url}/pull/{number}"
            out.pull_request = PullRequest(number=number, url=url)
        found.append(out)
    return found


def _item(item: ChainItem, issue: Issue) -> ChainIssueOut:
    fields = dict(issue_out(issue)) | {
        "run_id": item.run_id, "position": item.position, "item_status": item.status,
        "commit": item.commit, "error": item.error,
    }  # fmt: skip
    return ChainIssueOut.model_validate(fields)
