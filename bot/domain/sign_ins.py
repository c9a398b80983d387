"""People who are signed in to the console: what each may see and manage, as GitHub says."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.domain import projects
from bot.domain.errors import Forbidden, NotFound
from bot.store import clock
from bot.store.models import Project, SignIn

STAYS = timedelta(hours=8)  # as long as GitHub's token for the person is good
FRESH = timedelta(minutes=5)  # then GitHub is asked again what the person may see


def begin(tx: Session, *, user_id: int, login: str, token: str, access: Mapping[int, bool]) -> str:
    """The person signed in. Returns what their cookie is to hold, which is not kept.

    `token` is sealed; `access`: by the id of each repository that they may see, whether they manage it.
    """
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    tx.add(
        SignIn(
            id=_digest(secret), user_id=user_id, login=login, token=token, access=_kept(access), checked_at=now,
            expires_at=now + STAYS,
        )
    )  # fmt: skip
    return secret


def find(tx: Session, secret: str) -> SignIn | None:
    """The stay that this cookie stands for, unless it is over."""
    found = tx.get(SignIn, _digest(secret))
    return found if found and found.expires_at > clock.now() else None


def is_fresh(sign_in: SignIn) -> bool:
    """Whether GitHub was asked a short time ago what the person may see."""
    return sign_in.checked_at + FRESH > clock.now()


def seen(tx: Session, sign_in: SignIn, access: Mapping[int, bool]) -> SignIn:
    """GitHub says that the person may see this now."""
    sign_in.access, sign_in.checked_at = _kept(access), clock.now()
    return tx.merge(sign_in)


def end(tx: Session, sign_in_id: str) -> None:
    """The person signed out, or GitHub ended it."""
    tx.execute(delete(SignIn).where(SignIn.id == sign_in_id))


def forget(tx: Session) -> None:
    """Delete the stays that are over."""
    tx.execute(delete(SignIn).where(SignIn.expires_at < clock.now()))


def visible(tx: Session, sign_in: SignIn, *, operator: bool) -> list[Project]:
    """The projects that the person may see, by name; an operator sees those that are on no GitHub too."""
    return [one for one in projects.everything(tx) if _sees(one, sign_in, operator)]


def project(tx: Session, sign_in: SignIn, project_id: str, *, operator: bool) -> Project:
    """The project. Raises NotFound where there is none, or none that the person may see."""
    found = tx.get(Project, project_id)
    if found is None or not _sees(found, sign_in, operator):
        raise NotFound("There is no such project, or you may not see its repository on GitHub.")
    return found


def manages(project: Project, sign_in: SignIn, *, operator: bool) -> bool:
    """Whether the person may make keys there, and pause it: an admin of the repository."""
    if project.repository_id is None:
        return operator
    return bool(sign_in.access.get(str(project.repository_id)))


def must_manage(project: Project, sign_in: SignIn, *, operator: bool) -> None:
    """Raises Forbidden for who may not."""
    if not manages(project, sign_in, operator=operator):
        raise Forbidden(f"Only admins of {project.name} may do that; GitHub says that you are none.")


def _sees(project: Project, sign_in: SignIn, operator: bool) -> bool:
    if project.repository_id is None:
        return operator
    return str(project.repository_id) in sign_in.access


def _kept(access: Mapping[int, bool]) -> dict[str, bool]:
    return {str(repository_id): manages for repository_id, manages in access.items()}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
