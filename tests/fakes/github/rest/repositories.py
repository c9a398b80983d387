"""A repository, its branches, commits and files: https://docs.github.com/en/rest/repos"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from ..errors import Refused, not_found
from ..registry import Call, route
from ..shapes.commits import commit_json
from ..shapes.repositories import repository_json

REPO = "/repos/{owner}/{repo}"
KINDS = {"100644": "file", "100755": "file", "120000": "symlink", "040000": "dir", "160000": "submodule"}
LARGEST_INLINE = 1_000_000  # bytes; above, `content` is empty and `encoding` is none


@route("GET", REPO, "metadata=read")
def get(call: Call) -> Any:
    return repository_json(call.fake, call.repo)


@route("GET", REPO + "/branches/{branch}", "contents=read")
def get_branch(call: Call) -> Any:
    name = call.params["branch"]
    sha = call.repo.git.refs().get(f"refs/heads/{name}")
    if sha is None:
        raise Refused(404, "Branch not found")
    url = f"{_api(call)}/branches/{quote(name)}"
    page = f"{call.fake.server_url}/{call.repo.full_name}/tree/{name}"
    return {
        "name": name,
        "commit": _commit(call, sha),
        "_links": {"self": url, "html": page},
        "protected": name in call.repo.guarded,
        "protection": {"enabled": call.repo.guarded.get(name) == "GH006"},
        "protection_url": f"{url}/protection",
    }


@route("GET", REPO + "/commits/{ref}", "contents=read")
def get_commit(call: Call) -> Any:
    if not call.repo.git.refs():
        raise Refused(409, "Git Repository is empty.")
    sha = call.repo.git.resolve(call.params["ref"])
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {call.params['ref']}")
    return _commit(call, sha)


@route("GET", REPO + "/contents/{path}", "contents=read")
def get_content(call: Call) -> Any:
    git = call.repo.git
    ref = call.query.get("ref", git.default_branch)
    commit = git.resolve(ref)
    if commit is None:
        raise Refused(
            404, f"No commit found for the ref {ref}" if git.refs() else "This repository is empty."
        )
    path = call.params["path"].strip("/")
    found = git.entries(commit, path)
    if not found:
        raise not_found()
    if len(found) == 1 and found[0][1] == "blob" and found[0][3] == path:
        return _entry(call, ref, *found[0]) | _content(git.blob(found[0][2]))
    return [_entry(call, ref, *one) for one in found]


def _api(call: Call) -> str:
    return f"{call.fake.api_url}/repos/{call.repo.full_name}"


def _commit(call: Call, sha: str) -> dict[str, Any]:
    return commit_json(call.fake, call.repo, call.repo.git.log("-1", sha)[0])


def _entry(call: Call, ref: str, mode: str, kind: str, sha: str, path: str) -> dict[str, Any]:
    url = f"{_api(call)}/contents/{quote(path)}?ref={quote(ref, safe='')}"
    page = f"{call.fake.server_url}/{call.repo.full_name}/{'tree' if kind == 'tree' else 'blob'}/{ref}/{path}"
    git = f"{_api(call)}/git/{kind}s/{sha}"
    return {
        "type": KINDS[mode],
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "sha": sha,
        "size": 0,
        "url": url,
        "html_url": page,
        "git_url": git,
        "download_url": None,
        "_links": {"self": url, "git": git, "html": page},
    }


def _content(blob: bytes) -> dict[str, Any]:
    inline = len(blob) <= LARGEST_INLINE
    text = base64.encodebytes(blob).decode() if inline else ""
    return {"size": len(blob), "encoding": "base64" if inline else "none", "content": text}
