"""Hidden, signed marks at the end of what the bot wrote: how a thing is recognised after a crash."""

from __future__ import annotations

import hashlib
import hmac
import re

from bot.github.issuetext import BODY_LIMIT, cut

_MARK = re.compile(
    r"<!-- askfirst:(?P<kind>[a-z]{1,20}):(?P<local_id>[A-Za-z0-9_.-]{1,80}):(?P<hmac>[0-9a-f]{64}) -->\s*\Z"
)


def mark(kind: str, local_id: str, repository_id: int, secret: bytes) -> str:
    """The comment to end a body with. `kind` is a lower-case word, `local_id` our own id."""
    return f"<!-- askfirst:{kind}:{local_id}:{_sign(kind, local_id, repository_id, secret)} -->"


def signed(body: str, kind: str, local_id: str, repository_id: int, secret: bytes) -> str:
    """A body with its mark at the end, cut to what fits."""
    return f"{cut(body.rstrip(), BODY_LIMIT)}\n\n{mark(kind, local_id, repository_id, secret)}"


def find(body: str | None, *, kind: str, repository_id: int, secret: bytes) -> str | None:
    """The local id that the body's last line is marked with; None for no mark, or a forged one.

    Only the end counts: a mark copied into somebody's text names nothing.
    """
    found = _MARK.search(body or "")
    if found is None or found["kind"] != kind:
        return None
    right = _sign(kind, found["local_id"], repository_id, secret)
    return found["local_id"] if hmac.compare_digest(found["hmac"], right) else None


def _sign(kind: str, local_id: str, repository_id: int, secret: bytes) -> str:
    if not secret:
        raise ValueError("a mark needs a secret")
    return hmac.new(secret, f"{kind}:{local_id}:{repository_id}".encode(), hashlib.sha256).hexdigest()
