"""Check runs of ours on a commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from bot.github.issuetext import BODY_LIMIT, TITLE_LIMIT, cut
from bot.github.recovery import Made
from bot.github.repo import Repo

Conclusion = Literal["success", "failure", "neutral", "action_required", "cancelled", "skipped"]


def ensure_check_run(
    repo: Repo,
    *,
    external_id: str,
    name: str,
    head_sha: str,
    check_run_id: int | None,
    recover_since: datetime | None,
    conclusion: Conclusion | None,
    title: str,
    summary: str,
    details_url: str | None = None,
) -> Made:
    """The check run on that commit, created or brought up to date; without a conclusion it is in progress.

    A check run stays on its commit: for a new head ask with `check_run_id` None. Raises GitHubError.
    """
    output = {"title": cut(title, TITLE_LIMIT), "summary": cut(summary, BODY_LIMIT)}
    told: dict[str, Any] = {"external_id": external_id, "output": output}
    told |= {"conclusion": conclusion} if conclusion else {"status": "in_progress"}
    if details_url:
        told["details_url"] = details_url
    if check_run_id is None and recover_since:
        check_run_id = _lost(repo, external_id, name, head_sha)
    if check_run_id is None:
        check = repo.request("POST", "/check-runs", json={"name": name, "head_sha": head_sha, **told}).data
    else:
        check = repo.request("PATCH", f"/check-runs/{check_run_id}", json=told).data
    when = datetime.fromisoformat(check["completed_at"] or check["started_at"])
    return Made(check["id"], check["node_id"], check["html_url"], when)


def _lost(repo: Repo, external_id: str, name: str, head_sha: str) -> int | None:
    query = {"check_name": name, "app_id": repo.app.app_id, "filter": "all"}
    checks = repo.pages(f"/commits/{head_sha}/check-runs", query, key="check_runs")
    return next((int(check["id"]) for check in checks if check["external_id"] == external_id), None)
