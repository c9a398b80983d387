"""Branches, the rules on them, and references: https://docs.github.com/en/rest/git/refs"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..acts.pushes import BRANCHES, delete_branch
from ..errors import Refused, Reply, not_found
from ..registry import Call, no_content, route
from ..shapes.accounts import node_id
from .lookup import page

REPO = "/repos/{owner}/{repo}"


@route("GET", REPO + "/branches", "contents=read")
def list_branches(call: Call) -> Any:
    refs = call.repo.git.refs().items()
    names = [(ref.removeprefix(BRANCHES), sha) for ref, sha in refs if ref.startswith(BRANCHES)]
    guarded = call.query.get("protected")
    found = [(name, sha) for name, sha in names if guarded in (None, name in call.repo.guarded)]
    url = f"{call.fake.api_url}/repos/{call.repo.full_name}/commits"
    return [
        {
            "name": name,
            "commit": {"sha": sha, "url": f"{url}/{sha}"},
            "protected": name in call.repo.guarded,
        }
        for name, sha in page(call, found)
    ]


@route("GET", REPO + "/rules/branches/{branch}", "metadata=read")
def rules(call: Call) -> Any:
    """What rulesets say of a branch; the older branch protection is not among them."""
    if call.repo.guarded.get(call.params["branch"]) != "GH013":
        return []
    origin = {"ruleset_source_type": "Repository", "ruleset_source": call.repo.full_name, "ruleset_id": 1}
    return [{"type": "pull_request", "parameters": {"required_approving_review_count": 0}} | origin]


@route("GET", REPO + "/git/ref/{ref}", "contents=read")
def get_ref(call: Call) -> Any:
    name = f"refs/{call.params['ref']}"
    sha = call.repo.git.refs().get(name)
    if sha is None:
        raise not_found()
    url = f"{call.fake.api_url}/repos/{call.repo.full_name}/git"
    return {
        "ref": name,
        "node_id": node_id("REF", int(sha[:12], 16)),
        "url": f"{url}/{quote(name)}",
        "object": {"type": "commit", "sha": sha, "url": f"{url}/commits/{sha}"},
    }


@route("DELETE", REPO + "/git/refs/{ref}", "contents=write")
def delete_ref(call: Call) -> Reply:
    kind, _, name = call.params["ref"].partition("/")
    if kind != "heads":
        raise Refused(501, "The fake GitHub deletes branches only.")
    delete_branch(call.fake, call.actor, call.repo, name)
    return no_content()
