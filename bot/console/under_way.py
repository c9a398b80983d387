"""What a browser takes along to GitHub's page and brings back: signed, in a cookie, for a short time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.console import who
from bot.console.extensions import settings


@dataclass(frozen=True)
class UnderWay:
    """One kind of errand, by the name of its cookie; it lives so many seconds."""

    name: str
    seconds: int

    def keep(self, response: Response, going: dict[str, Any]) -> None:
        who.keep(response, self.name, str(self._signed().dumps(going)), self.seconds)

    def read(self) -> dict[str, Any] | None:
        """What this browser was given; None where that is over, or is not ours."""
        try:
            going: dict[str, Any] = self._signed().loads(
                request.cookies.get(self.name, ""), max_age=self.seconds
            )
        except BadSignature:
            return None
        return going

    def _signed(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(settings().secret_key, salt=self.name)
