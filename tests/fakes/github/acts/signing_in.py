"""Signing in with an App.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..state import Account, App, UserToken

if TYPE_CHECKING:
    from ..fake import FakeGitHub


@dataclass(frozen=True)
class SignInCode:
    app: App
    account: Account
    redirect_uri: str
    challenge: str  # empty: none was given
    expires_at: datetime


def agree(fake: FakeGitHub, app: App, account: Account, redirect_uri: str, challenge: str) -> str:
    """The code with which the App gets a token for the person; good once, for ten minutes."""
    code = secrets.token_hex(10)
    expires = fake.clock() + timedelta(minutes=10)
    fake.sign_in_codes[code] = SignInCode(app, account, redirect_uri, challenge, expires)
    return code


def exchange(fake: FakeGitHub, given: dict[str, str]) -> dict[str, Any]:
    """A token for a code, or the error, both as GitHub says them: with status 200."""
    app = next((one for one in fake.apps.values() if one.client_id == given.get("client_id")), None)
    if app is None or app.client_secret != given.get("client_secret"):
        return _error(
            "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."
        )
    code = fake.sign_in_codes.pop(given.get("code", ""), None)
    verified = code and (not code.challenge or _challenge(given.get("code_verifier", "")) == code.challenge)
    if code is None or code.app is not app or code.expires_at <= fake.clock() or not verified:
        return _error("bad_verification_code", "The code passed is incorrect or expired.")
    if given.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
        return _error(
            "redirect_uri_mismatch",
            "The redirect_uri MUST match the registered callback URL for this application.",
        )
    value = f"ghu_{secrets.token_urlsafe(30)[:36].replace('-', 'x')}"
    fake.user_tokens[value] = UserToken(value, app, code.account, fake.clock() + timedelta(hours=8))
    return {
        "access_token": value, "expires_in": 28800, "refresh_token": f"ghr_{secrets.token_hex(38)}",
        "refresh_token_expires_in": 15897600, "token_type": "bearer", "scope": "",
    }  # fmt: skip


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _error(error: str, description: str) -> dict[str, Any]:
    return {"error": error, "error_description": description, "error_uri": "https://docs.github.com/"}
