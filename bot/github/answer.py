"""What GitHub answers a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from bot.github.errors import GitHubError, Unavailable, from_answer

_MOVED = (301, 302, 307, 308)


@dataclass(frozen=True)
class Answer:
    """A successful answer, or one that says where the thing has moved to."""

    status: int
    headers: Mapping[str, str]
    data: Any

    @property
    def moved(self) -> bool:
        """Whether GitHub says that it is at another address."""
        return self.status in _MOVED

    def settled(self) -> Answer:
        """This answer, where it is one; a GitHubError where it only points on."""
        if self.moved:
            raise GitHubError("GitHub points to another address", status=self.status)
        return self


def read(method: str, response: httpx.Response) -> Answer:
    """What GitHub answered. Raises GitHubError where it refused."""
    try:
        data = response.json() if response.content else None
    except ValueError as error:
        if response.is_success:
            message = "GitHub's answer is not JSON"
            raise Unavailable(message, status=response.status_code, maybe_done=method != "GET") from error
        data = None
    if response.is_error:
        raise from_answer(method, response.status_code, response.headers, data)
    return Answer(response.status_code, response.headers, data)
