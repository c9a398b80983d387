"""Renaming, archiving, transferring and deleting a repository; pushing to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import invalid
from ..shapes.accounts import user_json
from ..state import Account, Actor, Repository
from .issues import require

if TYPE_CHECKING:
    from ..fake import FakeGitHub

NO_COMMIT = "0" * 40


def rename(fake: FakeGitHub, actor: Actor, repository: Repository, name: str) -> None:
    """The old name redirects from now on, until another repository takes it."""
    require(actor, repository, "admin")
    _move(fake, repository, repository.owner, name)
    before = fake.old_names_of(repository)[-1].split("/")[1]
    _emit(fake, actor, "renamed", repository, changes={"repository": {"name": {"from": before}}})


def transfer_repository(fake: FakeGitHub, actor: Actor, repository: Repository, owner: Account) -> None:
    require(actor, repository, "admin")
    before = repository.owner
    _move(fake, repository, owner, repository.name)
    kind = "organization" if before.type == "Organization" else "user"
    _emit(fake, actor, "transferred", repository, changes={"owner": {"from": {kind: user_json(fake, before)}}})


def set_archived(fake: FakeGitHub, actor: Actor, repository: Repository, archived: bool) -> None:
    require(actor, repository, "admin")
    repository.archived = archived
    _emit(fake, actor, "archived" if archived else "unarchived", repository)


def delete_repository(fake: FakeGitHub, actor: Actor, repository: Repository) -> None:
    require(actor, repository, "admin")
    _emit(fake, actor, "deleted", repository)
    del fake.repositories[repository.id]


def pushed(fake: FakeGitHub, actor: Actor, repository: Repository, before: dict[str, str]) -> None:
    """One `push` event for each ref that is not what it was."""
    after = repository.git.refs()
    for ref in sorted(before.keys() | after.keys()):
        if before.get(ref) != after.get(ref):
            repository.pushed_at = fake.clock()
            content = _push(fake, actor, repository, ref, before.get(ref), after.get(ref))
            fake.webhooks.emit(actor, "push", None, repository, **content)


def _push(fake: FakeGitHub, actor: Actor, repository: Repository, ref: str, old: str | None,
          new: str | None) -> dict[str, Any]:
    commits = _commits(fake, actor, repository, old, new)
    head = commits[-1] if commits else None
    if new and not head:
        head = _commits(fake, actor, repository, f"{new}~1", new)[-1] if repository.git.resolve(f"{new}~1") else None
    pusher = {"name": actor.account.login, "email": f"{actor.account.login}@users.noreply.github.test"}
    page = f"{fake.server_url}/{repository.full_name}"
    return {"ref": ref, "before": old or NO_COMMIT, "after": new or NO_COMMIT, "created": not old,
            "deleted": not new, "forced": _forced(repository, old, new), "base_ref": None,
            "compare": f"{page}/compare/{(old or NO_COMMIT)[:12]}...{(new or NO_COMMIT)[:12]}",
            "commits": commits, "head_commit": head, "pusher": pusher}


def _commits(fake: FakeGitHub, actor: Actor, repository: Repository, old: str | None,
             new: str | None) -> list[dict[str, Any]]:
    if not new:
        return []
    others = [] if old else ["--not", *(sha for sha in repository.git.refs().values() if sha != new)]
    rows = repository.git.log(*([f"{old}..{new}"] if old else [new, *others]))
    return [_commit(fake, actor, repository, row) for row in reversed(rows)]


def _commit(fake: FakeGitHub, actor: Actor, repository: Repository, row: dict[str, str]) -> dict[str, Any]:
    changed = repository.git.changed(None, row["sha"])
    person = {"name": row["name"], "email": row["email"], "username": actor.account.login}
    paths = {word: [path for path, kind in changed.items() if kind == letter]
             for word, letter in (("added", "A"), ("modified", "M"), ("removed", "D"))}
    return {"id": row["sha"], "tree_id": row["tree"], "distinct": True, "message": row["message"].strip(),
            "timestamp": row["date"], "author": person, "committer": person,
            "url": f"{fake.server_url}/{repository.full_name}/commit/{row['sha']}", **paths}


def _forced(repository: Repository, old: str | None, new: str | None) -> bool:
    return bool(old and new and repository.git.log(f"{new}..{old}"))


def _move(fake: FakeGitHub, repository: Repository, owner: Account, name: str) -> None:
    if fake.find_repository(owner.login, name) not in (None, repository):
        raise invalid("Repository", "name", "already_exists")
    fake.old_names[repository.full_name.lower()] = repository
    repository.owner, repository.name = owner, name


def _emit(fake: FakeGitHub, actor: Actor, action: str, repository: Repository, **content: Any) -> None:
    fake.webhooks.emit(actor, "repository", action, repository, **content)
