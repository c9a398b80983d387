"""Check runs in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..state_pulls import CheckRun
from .accounts import app_json, node_id, stamp
from .pulls import pull_mention

if TYPE_CHECKING:
    from ..world import World


def check_run_json(fake: World, check: CheckRun, in_event: bool = False) -> dict[str, Any]:
    """In events the suite is told whole."""
    url = f"{fake.api_url}/repos/{check.repository.full_name}/check-runs/{check.id}"
    page = f"{fake.server_url}/{check.repository.full_name}/runs/{check.id}"
    pulls = [
        pull_mention(fake, pull)
        for pull in check.repository.pulls.values()
        if pull.state == "open" and pull.head_sha == check.head_sha
    ]
    told = {name: check.output.get(name) for name in ("title", "summary", "text")}
    return {
        "id": check.id,
        "node_id": node_id("CR", check.id),
        "name": check.name,
        "head_sha": check.head_sha,
        "external_id": check.external_id,
        "url": url,
        "html_url": page,
        "details_url": check.details_url or page,
        "status": check.status,
        "conclusion": check.conclusion,
        "started_at": stamp(check.started_at),
        "completed_at": stamp(check.completed_at),
        "output": told
        | {"annotations_count": len(check.annotations), "annotations_url": f"{url}/annotations"},
        "check_suite": _suite(fake, check, pulls) if in_event else {"id": _suite_id(check)},
        "app": app_json(fake, check.app),
        "pull_requests": pulls,
    }


def _suite(fake: World, check: CheckRun, pulls: list[dict[str, Any]]) -> dict[str, Any]:
    url = f"{fake.api_url}/repos/{check.repository.full_name}/check-suites/{_suite_id(check)}"
    return {
        "id": _suite_id(check),
        "node_id": node_id("CS", _suite_id(check)),
        "head_branch": pulls[0]["head"]["ref"] if pulls else None,
        "head_sha": check.head_sha,
        "status": check.status,
        "conclusion": check.conclusion,
        "url": url,
        "before": None,
        "after": check.head_sha,
        "pull_requests": pulls,
        "app": app_json(fake, check.app),
        "created_at": stamp(check.started_at),
        "updated_at": stamp(check.completed_at or check.started_at),
    }


def _suite_id(check: CheckRun) -> int:
    """One suite for each App and commit."""
    return check.app.id * 10_000_000 + int(check.head_sha[:5], 16)
