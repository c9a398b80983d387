"""Files of a repository's default branch. https://docs.github.com/en/rest/repos/contents"""

from __future__ import annotations

import base64
from urllib.parse import quote

from bot.github.errors import NotFound
from bot.github.repo import Repo


def file_text(repo: Repo, path: str) -> str | None:
    """The file's text; None where there is no such file. Raises GitHubError."""
    try:
        found = repo.request("GET", f"/contents/{quote(path)}").data
    except NotFound:
        return None
    if not isinstance(found, dict) or found.get("type") != "file":
        return None
    return base64.b64decode(found["content"]).decode(errors="replace")
