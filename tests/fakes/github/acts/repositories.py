"""Renaming, archiving, transferring and deleting a repository; pushing to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import invalid
from ..shapes.accounts import user_json
from ..state import Account, Actor, Repository
from .installations import tell_of
from .issues import require

if TYPE_CHECKING:
    from ..fake import FakeGitHub

NO_COMMIT = "0" * 40


def rename(fake: FakeGitHub, actor: Actor, repository: Repository, name: str) -> None:
    """The old name redirects from now on, until another repository takes it."""
    require(actor, repository, "admin")
    before = repository.name
    _move(fake, repository, repository.owner, name)
    _emit(fake, actor, "renamed", repository, changes={"repository": {"name": {"from": before}}})


def transfer_repository(fake: FakeGitHub, actor: Actor, repository: Repository, owner: Account) -> None:
    require(actor, repository, "admin")
    before = repository.owner
    if fake.find_repository(owner.login, repository.name):
        raise invalid("Repository", "name", "already_exists")
    tell_of(fake, actor, repository, "removed")
    _move(fake, repository, owner, repository.name)
    tell_of(fake, actor, repository, "added")
    kind = "organization" if before.type == "Organization" else "user"
    _emit(
        fake, actor, "transferred", repository, changes={"owner": {"from": {kind: user_json(fake, before)}}}
    )


def set_archived(fake: FakeGitHub, actor: Actor, repository: Repository, archived: bool) -> None:
    require(actor, repository, "admin")
    repository.archived = archived
    _emit(fake, actor, "archived" if archived else "unarchived", repository)


def delete_repository(fake: FakeGitHub, actor: Actor, repository: Repository) -> None:
    require(actor, repository, "admin")
    _emit(fake, actor, "deleted", repository)
    tell_of(fake, actor, repository, "removed")
    del fake.repositories[repository.id]


def pushed(fake: FakeGitHub, actor: Actor, repository: Repository, before: dict[str, str]) -> None:
    """One `push` event for each ref that is not what it was."""
    after = repository.git.refs()
    for ref in sorted(before.keys() | after.keys()):
        if before.get(ref) != after.get(ref):
            repository.pushed_at = fake.clock()
            content = _push(fake, actor, repository, ref, before.get(ref), after.get(ref))
            fake.webhooks.emit(actor, "push", None, repository, **content)


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


def _move(fake: FakeGitHub, repository: Repository, owner: Account, name: str) -> None:
    if fake.find_repository(owner.login, name) not in (None, repository):
        raise invalid("Repository", "name", "already_exists")
    fake.old_names[repository.full_name.lower()] = repository
    repository.owner, repository.name = owner, name


def _emit(fake: FakeGitHub, actor: Actor, action: str, repository: Repository, **content: Any) -> None:
    fake.webhooks.emit(actor, "repository", action, repository, **content)
