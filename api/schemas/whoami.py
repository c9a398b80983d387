"""The shape of a key, as it sees itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from api.schemas.base import View
from api.schemas.shown import id_of, like, one_of


class KeyOut(View):
    key_id: Annotated[str, id_of("key")]
    project_id: Annotated[str, id_of("proj")]
    name: Annotated[str, like("ci")]
    scopes: Annotated[list[str], like(["*"])]
    mode: Annotated[str, one_of("live", "test")]
    created_at: datetime
    last_used_at: datetime | None
