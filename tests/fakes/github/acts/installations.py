"""Installing an App, and all that an owner may then do to the installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..shapes.accounts import user_json
from ..shapes.repositories import short_repository_json
from ..state import Account, Actor, App, Installation, Repository

if TYPE_CHECKING:
    from ..fake import FakeGitHub


def install(
    fake: FakeGitHub,
    actor: Actor,
    app: App,
    account: Account,
    repositories: list[Repository] | None,
    permissions: dict[str, str] | None,
) -> Installation:
    """`repositories` None means all that the account has and will have."""
    chosen = None if repositories is None else {repository.id for repository in repositories}
    installation = Installation(
        fake.next_id(), app, account, dict(permissions or app.permissions), chosen, fake.clock()
    )
    fake.installations[installation.id] = installation
    _tell(fake, actor, installation, "created", requester=None)
    return installation


def uninstall(fake: FakeGitHub, actor: Actor, installation: Installation) -> None:
    _tell(fake, actor, installation, "deleted")
    del fake.installations[installation.id]
    fake.tokens = {v: token for v, token in fake.tokens.items() if token.installation is not installation}


def suspend(fake: FakeGitHub, actor: Actor, installation: Installation) -> None:
    installation.suspended_at, installation.suspended_by = fake.clock(), actor.account
    _tell(fake, actor, installation, "suspend")


def unsuspend(fake: FakeGitHub, actor: Actor, installation: Installation) -> None:
    installation.suspended_at = installation.suspended_by = None
    _tell(fake, actor, installation, "unsuspend")


def accept(fake: FakeGitHub, actor: Actor, installation: Installation) -> None:
    """Grant all that the App asks for by now."""
    installation.permissions = dict(installation.app.permissions)
    _tell(fake, actor, installation, "new_permissions_accepted", requester=None)


def rename_account(fake: FakeGitHub, actor: Actor, account: Account, login: str) -> None:
    """The old names of its repositories redirect; Apps that are installed there are told of the account alone."""
    for repository in fake.repositories.values():
        if repository.owner is account:
            fake.old_names[repository.full_name.lower()] = repository
    before, account.login = account.login, login
    fake.accounts[login.lower()] = fake.accounts.pop(before.lower())
    for installation in fake.installations.values():
        if installation.account is account:
            content = {
                "account": user_json(fake, account),
                "changes": {"login": {"from": before}},
                "target_type": account.type,
            }
            fake.webhooks.emit_installation(actor, "installation_target", "renamed", installation, **content)


def change_repositories(
    fake: FakeGitHub,
    actor: Actor,
    installation: Installation,
    add: list[Repository],
    remove: list[Repository],
) -> None:
    """Add to and take from a selection; an event for each of the two."""
    chosen = (
        {r.id for r in covered(fake, installation)}
        if installation.repositories is None
        else installation.repositories
    )
    for action, changed in (("added", add), ("removed", remove)):
        if not changed:
            continue
        ids = {repository.id for repository in changed}
        chosen = chosen | ids if action == "added" else chosen - ids
        installation.repositories = chosen
        _tell_change(fake, actor, installation, action, changed)


def tell_of(fake: FakeGitHub, actor: Actor, repository: Repository, action: str) -> None:
    """Tell what covers a repository that it came by itself (`added`), or went (`removed`)."""
    for installation in fake.installations.values():
        if installation.covers(repository) and (action == "removed" or installation.repositories is None):
            _tell_change(fake, actor, installation, action, [repository])


def covered(fake: FakeGitHub, installation: Installation) -> list[Repository]:
    return [repository for repository in fake.repositories.values() if installation.covers(repository)]


def _tell_change(
    fake: FakeGitHub, actor: Actor, installation: Installation, action: str, changed: list[Repository]
) -> None:
    content: dict[str, Any] = {"repositories_added": [], "repositories_removed": [], "requester": None}
    content[f"repositories_{action}"] = [short_repository_json(repository) for repository in changed]
    content["repository_selection"] = installation.selection
    fake.webhooks.emit_installation(actor, "installation_repositories", action, installation, **content)


def _tell(fake: FakeGitHub, actor: Actor, installation: Installation, action: str, **content: Any) -> None:
    listed = [short_repository_json(repository) for repository in covered(fake, installation)]
    fake.webhooks.emit_installation(
        actor, "installation", action, installation, repositories=listed, **content
    )
