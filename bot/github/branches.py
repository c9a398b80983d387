"""Branches as GitHub guards them."""

from __future__ import annotations

from urllib.parse import quote

from bot.github.errors import NotFound
from bot.github.recovery import by_our_app
from bot.github.repo import Repo


def why_not(repo: Repo, branch: str) -> str | None:
    """Why nothing of ours may be pushed to this branch, in a sentence; None where it may. Raises GitHubError."""
    try:
        there = repo.request("GET", f"/branches/{quote(branch)}").data
    except NotFound:
        return None
    if there["protected"]:
        return f"branch {branch} is protected: name another one"
    owner = repo.full_name.partition("/")[0]
    for pull in repo.pages("/pulls", {"head": f"{owner}:{branch}", "state": "open"}):
        if not by_our_app(repo, pull):
            return (
                f"branch {branch} is that of pull request #{pull['number']}, which is not mine: name another"
            )
    return None
