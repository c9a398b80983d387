"""What a handler is told besides the event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Context:
    """`level` is what the sender may do in the repository, asked of GitHub where the event wants something done.

    `read_title` and `read_body` turn what GitHub shows (first argument) back into our own words (second: what we
    sent), so that only what a person changed differs.
    """

    slug: str
    server_url: str
    level: str
    read_title: Callable[[str, str], str]
    read_body: Callable[[str | None, str], str]
