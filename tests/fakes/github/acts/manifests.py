"""Making an App from a manifest.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .. import contract
from ..auth import allows
from ..delivery import over_http
from ..errors import Refused
from ..state import Account, App
from ..webhooks import NEEDS

if TYPE_CHECKING:
    from ..fake import FakeGitHub

LONGEST_NAME = 34
KINDS = {"hook_attributes": dict, "default_permissions": dict, "default_events": list, "callback_urls": list}


@dataclass(frozen=True)
class ManifestCode:
    app: App
    expires_at: datetime


def make_app(fake: FakeGitHub, person: Account, owner: Account, name: str, manifest: dict[str, Any]) -> str:
    """The App that a manifest describes, and the code for its credentials; good once, for an hour.

    Raises `Refused` with all that is wrong.
    """
    if not owner.is_run_by(person):
        raise Refused(403, f"{person.login} is no owner of {owner.login}.")
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    problems = [*_wrong_name(fake, name, slug), *_wrong(manifest)]
    if problems:
        raise Refused(422, "The App cannot be made.", problems)
    url = manifest["hook_attributes"]["url"]
    with fake.acting():
        app = fake.create_app(
            slug,
            secrets.token_hex(20),
            {"metadata": "read"} | manifest.get("default_permissions", {}),
            manifest.get("default_events", []),
            over_http(url),
            owner,
            url,
            callback_urls=manifest.get("callback_urls", []),
            setup_url=manifest.get("setup_url", ""),
            public=manifest.get("public", False),
            name=name,
        )
        code = secrets.token_hex(20)
        fake.manifest_codes[code] = ManifestCode(app, fake.clock() + timedelta(hours=1))
        return code


def _wrong_name(fake: FakeGitHub, name: str, slug: str) -> list[str]:
    if not slug:
        return ["Name can't be blank."]
    if len(name) > LONGEST_NAME:
        return [f"Name is too long (maximum is {LONGEST_NAME} characters)."]
    return ["Name is already taken."] if any(app.slug == slug for app in fake.apps.values()) else []


def _wrong(manifest: dict[str, Any]) -> list[str]:
    kinds = [key for key, kind in KINDS.items() if not isinstance(manifest.get(key, kind()), kind)]
    if kinds:
        return [f"{key} is not of the right kind." for key in kinds]
    required = {
        "url": manifest.get("url"),
        "redirect_url": manifest.get("redirect_url"),
        "hook_attributes.url": manifest.get("hook_attributes", {}).get("url"),
    }
    problems = [f"{name} is required." for name, value in required.items() if not value]
    return problems + _wrong_rights(
        manifest.get("default_permissions", {}), manifest.get("default_events", [])
    )


def _wrong_rights(permissions: dict[str, str], events: list[str]) -> list[str]:
    """Events beyond those that the fake sends are refused too."""
    levels = contract.schema("app-permissions")["properties"]
    wrong = [name for name, level in permissions.items() if level not in levels.get(name, {}).get("enum", [])]
    if wrong:
        return [f"Default permission {name} has no level {permissions[name]}." for name in wrong]
    granted = {"metadata": "read"} | permissions
    deaf = [one for one in events if one in NEEDS and not allows(granted, NEEDS[one])]
    return [
        *(f"Default events unsupported: {event}." for event in events if event not in NEEDS),
        *(f"Default events are not supported by permissions: {event}." for event in deaf),
    ]
