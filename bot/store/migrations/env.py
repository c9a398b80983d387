"""Alembic's entry: `askfirst migrate` hands over a connection."""

from typing import Literal

from alembic import context

from bot.store.models import Base, Utc


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration must not depend on today's code: our time type is written as the type below it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Utc) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
