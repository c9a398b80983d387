"""App JSON web tokens and installation tokens, really checked.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .errors import Refused
from .state import Account, Actor, App, Installation, Repository, Token

if TYPE_CHECKING:
    from .fake import FakeGitHub

LONGEST_JWT = 600  # seconds
LEVELS = ("none", "read", "write", "admin")
TOKEN_LENGTH = 520
NOBODY = Account(0, "nobody", "User", datetime.min.replace(tzinfo=UTC))  # where nobody says who they are


@lru_cache
def new_key(position: int) -> tuple[str, rsa.RSAPublicKey]:
    """A private key as PEM, with its public half; made once a process for each position, as it is slow."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode(), key.public_key()


def authenticate(fake: FakeGitHub, header: str, kind: str) -> tuple[Actor, Token | None]:
    """Who is asking; `kind` is what the operation takes: app, installation, user, any of the three; client, none."""
    if kind == "none":
        return Actor(NOBODY), None
    if kind == "client":
        app = client(fake, header)
        return Actor(app.bot, app), None
    scheme, _, value = header.partition(" ")
    if not value:
        raise Refused(401, "Requires authentication")
    if scheme.lower() not in ("bearer", "token"):
        raise Refused(401, "Bad credentials")
    if kind == "user" or (kind == "any" and value.startswith("ghu_")):
        signed_in = fake.user_tokens.get(value)
        if signed_in is None or signed_in.expires_at <= fake.clock():
            raise Refused(401, "Bad credentials")
        return Actor(signed_in.account, signed_in.app), None
    is_token = value.startswith("ghs_")
    if kind == "app" and is_token:
        raise Refused(401, "A JSON web token could not be decoded")
    if is_token:
        token = installation_token(fake, value)
        return Actor(token.installation.app.bot, token.installation.app, token.installation), token
    app = app_of_jwt(fake, value)
    if kind == "installation":
        raise Refused(403, "Resource not accessible by integration")
    return Actor(app.bot, app), None


def client(fake: FakeGitHub, header: str) -> App:
    """The App whose client id and secret come as HTTP Basic authentication."""
    scheme, _, value = header.partition(" ")
    try:
        client_id, _, secret = base64.b64decode(value).decode().partition(":")
    except ValueError:
        client_id = secret = ""
    app = next((one for one in fake.apps.values() if one.client_id == client_id), None)
    if scheme.lower() != "basic" or app is None or app.client_secret != secret:
        raise Refused(401, "Bad credentials")
    return app


def app_of_jwt(fake: FakeGitHub, value: str) -> App:
    """The App that signed this JSON web token; 401 and 404 as GitHub words them."""
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise Refused(401, "A JSON web token could not be decoded") from None
    issuer = str(claims.get("iss", ""))
    app = next((a for a in fake.apps.values() if issuer in (str(a.id), a.client_id)), None)
    if app is None:
        raise Refused(404, "Integration not found")
    unchecked: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    try:
        jwt.decode(value, app.public_key, algorithms=["RS256"], options=unchecked)
    except jwt.InvalidTokenError:
        raise Refused(401, "A JSON web token could not be decoded") from None
    _check_times(claims, fake.clock().timestamp())
    return app


def _check_times(claims: dict[str, Any], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or issued > now + 1:
        raise Refused(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion "
            "was issued",
        )
    if not isinstance(expires, int) or expires <= now:
        raise Refused(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time "
            "at which the assertion expires",
        )
    if expires > now + LONGEST_JWT:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")


def mint(
    fake: FakeGitHub, installation: Installation, permissions: dict[str, str], repositories: set[int] | None
) -> Token:
    """A token of the long form, good for an hour by the fake's clock."""
    expires = fake.clock() + timedelta(hours=1)
    head = _part({"alg": "ES256", "typ": "JWT"})
    claims = _part({"iss": "github", "sub": installation.id, "jti": secrets.token_hex(16)})
    start = f"ghs_{installation.app.id}_{head}.{claims}."
    value = start + secrets.token_urlsafe(TOKEN_LENGTH)[: TOKEN_LENGTH - len(start)]
    token = Token(value, installation, permissions, repositories, expires.replace(microsecond=0))
    fake.tokens[value] = token
    return token


def installation_token(fake: FakeGitHub, value: str) -> Token:
    """The live token with this value; 401 when unknown, revoked or expired, 403 when suspended."""
    token = fake.tokens.get(value)
    if token is None or token.expires_at <= fake.clock():
        raise Refused(401, "Bad credentials")
    if token.installation.suspended_at:
        raise Refused(403, "This installation has been suspended")
    return token


def allows(permissions: dict[str, str], accepts: str) -> bool:
    """Whether permissions satisfy GitHub's notation: `;` parts alternatives, `,` joins."""
    alternatives = [part.split(",") for part in accepts.split(";")] if accepts else [[]]
    return any(all(_has(permissions, need.strip()) for need in needs) for needs in alternatives)


def require(token: Token, accepts: str) -> None:
    if not allows(token.permissions, accepts):
        raise Refused(
            403, "Resource not accessible by integration", headers={"x-accepted-github-permissions": accepts}
        )


def git_access(fake: FakeGitHub, repository: Repository, password: str, write: bool) -> Token:
    """The token that git gave as password, once it may read or write this repository."""
    token = installation_token(fake, password)
    if not token.covers(repository):
        raise Refused(404, "Repository not found.")
    if not allows(token.permissions, f"contents={'write' if write else 'read'}"):
        raise Refused(403, "Write access to repository not granted.")
    return token


def _has(permissions: dict[str, str], need: str) -> bool:
    name, _, level = need.partition("=")
    return LEVELS.index(permissions.get(name, "none")) >= LEVELS.index(level)


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
