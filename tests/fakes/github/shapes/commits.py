"""Commits and the files of a diff in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..diffs import FileDiff
from ..state import Repository
from .accounts import node_id

if TYPE_CHECKING:
    from ..world import World


def commit_json(fake: World, repository: Repository, row: dict[str, str]) -> dict[str, Any]:
    """A row of `BareRepository.log`; the author's account is never known."""
    api = f"{fake.api_url}/repos/{repository.full_name}"
    url, page = f"{api}/commits", f"{fake.server_url}/{repository.full_name}/commit"
    sha = row["sha"]
    person = {"name": row["name"], "email": row["email"], "date": row["date"]}
    return {
        "sha": sha,
        "node_id": node_id("C", int(sha[:12], 16)),
        "url": f"{url}/{sha}",
        "html_url": f"{page}/{sha}",
        "comments_url": f"{url}/{sha}/comments",
        "author": None,
        "committer": None,
        "commit": {
            "author": person,
            "committer": person,
            "message": row["message"].strip(),
            "tree": {"sha": row["tree"], "url": f"{api}/git/trees/{row['tree']}"},
            "url": f"{api}/git/commits/{sha}",
            "comment_count": 0,
        },
        "parents": [
            {"sha": one, "url": f"{url}/{one}", "html_url": f"{page}/{one}"} for one in row["parents"].split()
        ],
    }


def file_json(fake: World, repository: Repository, head: str, file: FileDiff) -> dict[str, Any]:
    page = f"{fake.server_url}/{repository.full_name}"
    path = quote(file.path)
    added, removed = file.count("+"), file.count("-")
    return {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
        "blob_url": f"{page}/blob/{head}/{path}",
        "raw_url": f"{page}/raw/{head}/{path}",
        "contents_url": f"{fake.api_url}/repos/{repository.full_name}/contents/{path}?ref={head}",
        **({} if file.patch is None else {"patch": file.patch}),
        **({"previous_filename": file.previous} if file.previous else {}),
    }
