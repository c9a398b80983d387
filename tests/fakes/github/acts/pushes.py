"""Pushing to a repository, by git or by hand, and deleting a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import Refused
from ..merging import delete_ref
from ..state import Actor, Repository
from .following import follow
from .issues import require, unarchived

if TYPE_CHECKING:
    from ..fake import FakeGitHub

NO_COMMIT = "0" * 40
BRANCHES = "refs/heads/"
GUARDS = {
    "GH006": "Protected branch update failed for",
    "GH013": "Repository rule violations found for",
}


def push(
    fake: FakeGitHub,
    actor: Actor,
    repository: Repository,
    files: dict[str, str | bytes | None],
    message: str,
    branch: str | None,
) -> str:
    """One commit on a branch; gives the sha."""
    require(actor, repository, "write")
    unguarded(actor, repository, branch or repository.git.default_branch)
    before = repository.git.refs()
    author = f"{actor.account.login} <{actor.account.login}@users.noreply.github.test>"
    sha = repository.git.commit(files, message, branch, author)
    pushed(fake, actor, repository, before)
    return sha


def delete_branch(fake: FakeGitHub, actor: Actor, repository: Repository, branch: str) -> None:
    require(actor, repository, "write")
    unguarded(actor, repository, branch)
    before = repository.git.refs()
    if BRANCHES + branch not in before:
        raise Refused(422, "Reference does not exist")
    if branch == repository.git.default_branch:
        raise Refused(422, "Cannot delete the default branch")
    delete_ref(repository.git, BRANCHES + branch)
    pushed(fake, actor, repository, before)


def unguarded(actor: Actor, repository: Repository, branch: str) -> None:
    """Refuse what goes past a protected branch; people who administer the repository may."""
    unarchived(repository)
    code = repository.guarded.get(branch)
    if code and (actor.app or not repository.lets(actor.account, "admin")):
        raise Refused(403, f"{code}: {GUARDS[code]} {BRANCHES}{branch}.")


def pushed(fake: FakeGitHub, actor: Actor, repository: Repository, before: dict[str, str]) -> None:
    """One `push` event for each ref that is not what it was, and all that follows from it."""
    after = repository.git.refs()
    for ref in sorted(before.keys() | after.keys()):
        if before.get(ref) != after.get(ref):
            repository.pushed_at = fake.clock()
            content = _push(fake, actor, repository, ref, before.get(ref), after.get(ref))
            fake.webhooks.emit(actor, "push", None, repository, **content)
            if ref.startswith(BRANCHES):
                name = ref.removeprefix(BRANCHES)
                messages = [commit["message"] for commit in content["commits"]]
                follow(fake, actor, repository, name, before.get(ref), after.get(ref), messages)


def _push(
    fake: FakeGitHub, actor: Actor, repository: Repository, ref: str, old: str | None, new: str | None
) -> dict[str, Any]:
    git = repository.git
    rows = git.log(*_range(repository, ref, old, new)) if new else []
    commits = [_commit(fake, actor, repository, row) for row in reversed(rows)]
    head = _commit(fake, actor, repository, git.log("-1", new)[0]) if new else None
    pusher = {"name": actor.account.login, "email": f"{actor.account.login}@users.noreply.github.test"}
    page = f"{fake.server_url}/{repository.full_name}"
    return {
        "ref": ref,
        "before": old or NO_COMMIT,
        "after": new or NO_COMMIT,
        "created": not old,
        "deleted": not new,
        "forced": bool(old and new and git.log(f"{new}..{old}")),
        "base_ref": None,
        "compare": f"{page}/compare/{(old or NO_COMMIT)[:12]}...{(new or NO_COMMIT)[:12]}",
        "commits": commits,
        "head_commit": head,
        "pusher": pusher,
    }


def _range(repository: Repository, ref: str, old: str | None, new: str) -> list[str]:
    if old:
        return [f"{old}..{new}"]
    return [new, "--not", *(sha for name, sha in repository.git.refs().items() if name != ref)]


def _commit(fake: FakeGitHub, actor: Actor, repository: Repository, row: dict[str, str]) -> dict[str, Any]:
    changed = repository.git.changed(None, row["sha"])
    person = {"name": row["name"], "email": row["email"], "username": actor.account.login}
    paths = {
        word: [path for path, kind in changed.items() if kind == letter]
        for word, letter in (("added", "A"), ("modified", "M"), ("removed", "D"))
    }
    return {
        "id": row["sha"],
        "tree_id": row["tree"],
        "distinct": True,
        "message": row["message"].strip(),
        "timestamp": row["date"],
        "author": person,
        "committer": person,
        "url": f"{fake.server_url}/{repository.full_name}/commit/{row['sha']}",
        **paths,
    }
