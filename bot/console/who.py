"""Who is asking: the person behind the cookie, and what GitHub says that they may see."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import cached_property

from cryptography.fernet import InvalidToken
from flask import Response, current_app, g, request, url_for
from sqlalchemy.orm import Session

from bot.console.extensions import ledger, settings
from bot.domain import events, sign_ins
from bot.domain.errors import NotFound
from bot.github.errors import Unauthorized
from bot.github.oauth import SignIns
from bot.store.db import Database
from bot.store.models import Project, SignIn
from bot.store.sealing import seal

OURS = re.compile(
    r"/(?![/\\])[!-~]*"
)  # a path of this server; a browser takes //host and /\host for another one


class SignInNeeded(Exception):
    """The page is for people who are signed in."""


@dataclass
class Visitor:
    """A person who is signed in. `operator`: one of ASKFIRST_ADMINS; `form`: what our forms carry."""

    sign_in: SignIn
    operator: bool
    form: str

    @cached_property
    def login(self) -> str:
        return self.sign_in.login

    def project(self, tx: Session, project_id: str, *, manage: bool = False) -> Project:
        """The project. Raises NotFound where they may not see it, Forbidden where they must `manage` it and do not."""
        found = sign_ins.project(tx, self.sign_in, project_id, operator=self.operator)
        if manage:
            sign_ins.must_manage(found, self.sign_in, operator=self.operator)
        return found

    def manages(self, project: Project) -> bool:
        return sign_ins.manages(project, self.sign_in, operator=self.operator)

    def did(self, tx: Session, project: Project, action: str, object_id: str) -> None:
        """Write down what they did, by the endpoint's name."""
        tx.flush()
        by = f"github:{self.login}"
        events.record(tx, project.id, by=by, door="console", action=action, object_id=object_id)


def visitor() -> Visitor:
    """Who is signed in. Raises SignInNeeded where nobody is."""
    found = visitor_or_none()
    if found is None:
        raise SignInNeeded
    return found


def operator() -> Visitor:
    """Who is signed in and is of ASKFIRST_ADMINS. Raises NotFound for others: there is nothing for them."""
    found = visitor()
    if not found.operator:
        raise NotFound("This page is for the operators of this server, which ASKFIRST_ADMINS names.")
    return found


def visitor_or_none() -> Visitor | None:
    """Who is signed in. Raises GitHubError where it was time to ask GitHub again, and it did not answer."""
    if "visitor" not in g:
        g.visitor = None  # also for the page that says that GitHub did not answer
        g.visitor = _visitor()
    return known()


def known() -> Visitor | None:
    """Who is signed in as far as this request has found out already."""
    found: Visitor | None = g.get("visitor")
    return found


def cookie_name() -> str:
    """A cookie that starts with __Host- can be set by nobody but this very host, over https."""
    return "__Host-askfirst" if settings().production else "askfirst"


def keep(response: Response, name: str, value: str, seconds: int) -> None:
    """Set a cookie that scripts do not see and other sites' requests do not carry."""
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite="Lax", secure=settings().production, path="/"
    )


def drop(response: Response, name: str) -> None:
    response.delete_cookie(name, httponly=True, samesite="Lax", secure=settings().production, path="/")


def sign_in_url() -> str:
    """Where to sign in, and to come back here."""
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return url_for("console.begin_sign_in", next=here)


def safe_path(path: str | None) -> str:
    """The path, if it is one of this server's; else the start page."""
    return path if path and OURS.fullmatch(path) else url_for("console.projects")


def github() -> SignIns:
    """GitHub, asked with people's own tokens."""
    kept: SignIns | None = current_app.extensions.get("sign_ins")
    if kept is None:
        config = settings()
        kept = current_app.extensions["sign_ins"] = SignIns(config.github_server_url, config.github_api_url)
    return kept


def sealed(token: str) -> str:
    return seal(settings().secret_key, "sign-in").encrypt(token.encode()).decode()


def token_of(sign_in: SignIn) -> str:
    """Their GitHub token. Raises InvalidToken where SECRET_KEY has changed since."""
    return seal(settings().secret_key, "sign-in").decrypt(sign_in.token.encode()).decode()


def _visitor() -> Visitor | None:
    cookie, db = request.cookies.get(cookie_name()), ledger()
    if not cookie or not settings().can_sign_in:
        return None
    with db.read() as tx:
        found = sign_ins.find(tx, cookie)
    if found is not None and not sign_ins.is_fresh(found):
        found = _looked_again(db, found)
    if found is None:
        return None
    admins = {login.casefold() for login in settings().askfirst_admins}
    form = hmac.new(settings().secret_key.encode(), f"form:{found.id}".encode(), hashlib.sha256).hexdigest()
    return Visitor(found, found.login.casefold() in admins, form)


def _looked_again(db: Database, sign_in: SignIn) -> SignIn | None:
    """Ask GitHub what they may see now; None where their token is good no longer."""
    try:
        access = github().access(token_of(sign_in))
    except (Unauthorized, InvalidToken):
        with db.write() as tx:
            sign_ins.end(tx, sign_in.id)
        return None
    with db.write() as tx:
        return sign_ins.seen(tx, sign_in, access)
