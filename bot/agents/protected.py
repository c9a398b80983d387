"""Paths that no agent may change."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from bot.agents.base import in_scope


def is_protected(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern covers the path; one without a slash means that name in any folder."""
    name = path.rpartition("/")[2]
    return any(in_scope(path, [pattern]) or ("/" not in pattern and fnmatchcase(name, pattern)) for pattern in patterns)
