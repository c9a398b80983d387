"""The shape of a key, as it sees itself."""

from __future__ import annotations

from datetime import datetime

from api.schemas.base import View


class KeyOut(View):
    key_id: str
    project_id: str
    name: str
    scopes: list[str]
    mode: str
    created_at: datetime
    last_used_at: datetime | None
