"""Renaming, archiving, transferring, changing and deleting a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import invalid
from ..shapes.accounts import user_json
from ..state import Account, Actor, Repository
from .installations import tell_of
from .issues import require

if TYPE_CHECKING:
    from ..fake import FakeGitHub


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


def set_private(fake: FakeGitHub, actor: Actor, repository: Repository, private: bool) -> None:
    require(actor, repository, "admin")
    repository.private = private
    _emit(fake, actor, "privatized" if private else "publicized", repository)


def set_default_branch(fake: FakeGitHub, actor: Actor, repository: Repository, branch: str) -> None:
    require(actor, repository, "admin")
    before, repository.git.default_branch = repository.git.default_branch, branch
    repository.git.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    _emit(fake, actor, "edited", repository, changes={"default_branch": {"from": before}})


def set_issues(fake: FakeGitHub, actor: Actor, repository: Repository, wanted: bool) -> None:
    """Switch issues on or off, of which GitHub tells nobody."""
    require(actor, repository, "admin")
    repository.has_issues = wanted


def delete_repository(fake: FakeGitHub, actor: Actor, repository: Repository) -> None:
    require(actor, repository, "admin")
    _emit(fake, actor, "deleted", repository)
    tell_of(fake, actor, repository, "removed")
    del fake.repositories[repository.id]


def _move(fake: FakeGitHub, repository: Repository, owner: Account, name: str) -> None:
    if fake.find_repository(owner.login, name) not in (None, repository):
        raise invalid("Repository", "name", "already_exists")
    fake.old_names[repository.full_name.lower()] = repository
    repository.owner, repository.name = owner, name


def _emit(fake: FakeGitHub, actor: Actor, action: str, repository: Repository, **content: Any) -> None:
    fake.webhooks.emit(actor, "repository", action, repository, **content)
