"""Who the caller is."""

from __future__ import annotations

from api.routes import Call, Routes
from api.schemas.base import Query
from api.schemas.whoami import KeyOut
from bot.store.models import ApiKey

routes = Routes()


@routes.get("/whoami", scope=None)
def whoami(call: Call, query: Query) -> KeyOut:
    """The key that this request was made with."""
    key = call.key
    assert isinstance(key, ApiKey)
    return KeyOut(
        key_id=key.id,
        project_id=key.project_id,
        name=key.name,
        scopes=key.scopes,
        mode=call.project.mode,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
    )
