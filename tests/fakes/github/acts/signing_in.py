"""Signing in with an App, and making one from a manifest.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..auth import LEVELS
from ..delivery import over_http
from ..errors import Refused
from ..state import Account, App, UserToken

if TYPE_CHECKING:
    from ..fake import FakeGitHub

UNASKED = ("installation", "installation_repositories", "installation_target", "ping")


@dataclass(frozen=True)
class SignInCode:
    app: App
    account: Account
    redirect_uri: str
    challenge: str  # empty: none was given
    expires_at: datetime


@dataclass(frozen=True)
class ManifestCode:
    app: App
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
    if app is None or not secrets.compare_digest(app.client_secret, given.get("client_secret", "")):
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


def make_app(fake: FakeGitHub, owner: Account, name: str, manifest: Any) -> str:
    """The App that a manifest describes, and the code for its credentials; good once, for an hour."""
    problem = _wrong(manifest, name)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not problem and any(app.slug == slug for app in fake.apps.values()):
        problem = "Name is already taken"
    if problem:
        raise Refused(422, problem)
    url = manifest["hook_attributes"]["url"]
    app = fake.create_app(
        slug, secrets.token_hex(20), {"metadata": "read", **manifest.get("default_permissions", {})},
        manifest.get("default_events", []), over_http(url), owner, url, manifest.get("callback_urls"),
    )  # fmt: skip
    code = secrets.token_hex(20)
    fake.manifest_codes[code] = ManifestCode(app, fake.clock() + timedelta(hours=1))
    return code


def _wrong(manifest: Any, name: str) -> str | None:
    if not isinstance(manifest, dict) or not name.strip() or not manifest.get("url"):
        return "The manifest is not valid: name and url are required"
    if not manifest.get("redirect_url"):
        return "The manifest is not valid: redirect_url is required"
    if not (manifest.get("hook_attributes") or {}).get("url"):
        return "The manifest is not valid: hook_attributes.url is required"
    if unasked := set(manifest.get("default_events", [])) & set(UNASKED):
        return f"Default events are not supported by the permissions: {', '.join(sorted(unasked))}"
    if any(level not in LEVELS for level in manifest.get("default_permissions", {}).values()):
        return "Default permissions are not valid"
    return None


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _error(error: str, description: str) -> dict[str, Any]:
    return {"error": error, "error_description": description, "error_uri": "https://docs.github.com/"}
