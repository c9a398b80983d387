"""API keys: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from bot.domain.errors import Invalid, NotFound
from bot.store import clock
from bot.store.models import ApiKey, Project

RESOURCES = ("issues", "issue-sessions", "answering-sessions", "work-chains", "runs", "project")
SCOPES = ("*", "trash:write", *(f"{name}:{right}" for name in RESOURCES for right in ("read", "write")))
BASE62 = string.digits + string.ascii_letters
FORM = re.compile(r"cc_(live|test)_[0-9A-Za-z]{43}")

# built once, since every request asks it
_FIND = select(ApiKey).where(ApiKey.digest == bindparam("digest"), ApiKey.revoked_at.is_(None))


def make(tx: Session, project: Project, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    """A new key of the project, and its text, which is not kept. Raises Invalid for a bad name or an unknown scope."""
    if not 1 <= len(name.strip()) <= 200:
        raise Invalid("A key's name has 1 to 200 characters.", "name")
    for scope in scopes:
        if scope not in SCOPES:
            raise Invalid(f"There is no scope {scope!r}; choose from {', '.join(SCOPES)}.", "scope")
    text = fresh(f"cc_{project.mode}_")
    key = ApiKey(
        id=clock.new_id("key"),
        project_id=project.id,
        name=name,
        digest=digest(text),
        display=text[: len("cc_live_") + 8],
        scopes=scopes or ["*"],
        created_at=clock.now(),
    )
    tx.add(key)
    return key, text


def fresh(prefix: str) -> str:
    """A new secret: the prefix, and 32 random bytes in base62."""
    number = int.from_bytes(secrets.token_bytes(32), "big")
    return prefix + "".join(BASE62[number // 62**place % 62] for place in range(42, -1, -1))


def find(tx: Session, text: str) -> ApiKey | None:
    """The key with this text, unless it is malformed, unknown or revoked."""
    if not FORM.fullmatch(text):
        return None
    return tx.scalars(_FIND, {"digest": digest(text)}).first()


def listed(tx: Session, project: Project) -> list[ApiKey]:
    """The project's keys, revoked ones too, oldest first."""
    return list(tx.scalars(select(ApiKey).where(ApiKey.project_id == project.id).order_by(ApiKey.id)))


def needs_note(key: ApiKey) -> bool:
    """Whether its last use was noted more than a minute ago."""
    return key.last_used_at is None or clock.now() - key.last_used_at > timedelta(minutes=1)


def note_use(tx: Session, key_id: str) -> datetime:
    """Remember that the key was used now. Returns when that is."""
    now = clock.now()
    tx.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))
    return now


def allows(key: ApiKey, scope: str) -> bool:
    """Whether the key has the scope; write implies read, `*` is all."""
    writing = scope.replace(":read", ":write")
    return bool({"*", scope, writing} & set(key.scopes))


def revoke(tx: Session, key_id: str) -> ApiKey:
    """End the key; once is enough. Raises NotFound."""
    key = tx.get(ApiKey, key_id)
    if key is None:
        raise NotFound(f"There is no key {key_id}; `askfirst key list` shows the keys.", "id")
    key.revoked_at = key.revoked_at or clock.now()
    return key


def digest(text: str) -> str:
    """By which a key is kept and found: what an attacker can time tells nothing about a key that exists."""
    return hashlib.sha256(text.encode()).hexdigest()
