"""Paths that no agent may change."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from bot.agents.base import in_scope


def is_protected(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern covers the path; one without a slash means that name in any folder."""
    name = path.rpartition("/")[2]
    anywhere = (pattern for pattern in patterns if "/" not in pattern)
    return any(in_scope(path, [pattern]) for pattern in patterns) or any(
        fnmatchcase(name, one) for one in anywhere
    )
