"""The oldest Python that a repository supports, so that no finding asks for what that one cannot do."""

from __future__ import annotations

import re

from bot.agents.tree import Tree

DECLARED = re.compile(
    r"""(?:requires-python|python_requires|^python)\s*=\s*["']?[^"'\n]*?(?:>=?|\^|~=?)\s*3\.(\d+)""",
    re.MULTILINE,
)
OLDEST, NEWEST = 7, 15


def oldest_python(tree: Tree) -> str | None:
    """As ruff's `--target-version`, from the package's own files, read as text; None when none says."""
    for name in ("pyproject.toml", "setup.cfg", "setup.py"):
        if found := DECLARED.search("\n".join(tree.lines(name))):
            return f"py3{min(max(int(found[1]), OLDEST), NEWEST)}"
    return None
