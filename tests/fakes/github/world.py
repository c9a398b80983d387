"""The state of one fake GitHub, with its lock, its clock and its notes of what came in."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Request

from .contract import Violation
from .delivery import Delivery
from .faults import Fault, Faults, matches
from .limits import Spent, spend
from .state import Account, App, Installation, Repository, Token, UserToken
from .webhooks import Webhooks

if TYPE_CHECKING:
    from .acts.manifests import ManifestCode
    from .acts.signing_in import SignInCode
    from .people import Person

FIRST_ID = 3_000_000_000  # as on GitHub, too large for 32 bits


@dataclass(frozen=True)
class Seen:
    """One request that reached the API or git."""

    method: str
    path: str  # without /api/v3, by owner and name
    query: str
    status: int | None  # None: the connection was dropped
    installation_id: int | None
    body: Any


class World:
    """Everything the fake knows, in memory; its git repositories are folders under `root`."""

    def __init__(self, root: Path | str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.root = Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self.server_url = "http://github.test"
        self.accounts: dict[str, Account] = {}  # by login, lower case
        self.people: dict[str, Person] = {}  # by login
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.user_tokens: dict[str, UserToken] = {}
        self.sign_in_codes: dict[str, SignInCode] = {}
        self.manifest_codes: dict[str, ManifestCode] = {}
        self.repositories: dict[int, Repository] = {}
        self.old_names: dict[str, Repository] = {}  # full name, lower case
        self.webhooks = Webhooks(self)
        self.faults = Faults()
        self.limited = False  # True: limits as on github.com; an Enterprise Server comes without any
        self.spent: dict[int, Spent] = {}  # by installation
        self.requests: list[Seen] = []
        self.violations: list[Violation] = []
        self.lock = threading.RLock()
        self._depth = 0
        self._ids = itertools.count(FIRST_ID)

    @property
    def api_url(self) -> str:
        return f"{self.server_url}/api/v3"

    @property
    def deliveries(self) -> list[Delivery]:
        """Every webhook so far, with the App's answer."""
        return self.webhooks.deliveries

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Hold the lock; the webhooks of what was done are sent when the outermost act has let go of it."""
        try:
            with self.lock:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                    outermost = self._depth == 0
        finally:
            if outermost:
                self.webhooks.flush()

    def spend(self, installation: Installation, kind: str) -> None:
        """Count a request of this kind (read, write or creation) against the installation's limits."""
        if self.limited:
            spend(self.clock(), installation, self.spent.setdefault(installation.id, Spent()), kind)

    def next_id(self) -> int:
        return next(self._ids)

    def fail(
        self,
        method: str,
        path_pattern: str,
        when: str = "before",
        status: int = 502,
        headers: dict[str, str] | None = None,
        times: int = 1,
        drop_connection: bool = False,
        message: str = "Server Error",
    ) -> Fault:
        """Let the next `times` such requests fail, before GitHub acts or after it has; `*` spans slashes."""
        return self.faults.add(method, path_pattern, when, status, headers, times, drop_connection, message)

    def count(self, method: str, path_pattern: str, status: int | None = None) -> int:
        """How many such requests came in, of that status if given."""
        return sum(
            matches(seen.method, seen.path, method, path_pattern) and status in (None, seen.status)
            for seen in self.requests
        )

    def find_repository(self, owner: str, name: str) -> Repository | None:
        wanted = f"{owner}/{name}".lower()
        return next((r for r in self.repositories.values() if r.full_name.lower() == wanted), None)

    def renamed(self, owner: str, name: str) -> Repository | None:
        """The repository that had this name once, if it still exists."""
        repository = self.old_names.get(f"{owner}/{name}".lower())
        return repository if repository and repository.id in self.repositories else None

    def note(
        self, request: Request, path: str, status: int | None, by: Installation | None, body: Any = None
    ) -> None:
        """Keep what came in and how it was answered."""
        query = request.query_string.decode()
        self.requests.append(Seen(request.method, path, query, status, by.id if by else None, body))

    def violate(self, method: str, path: str, what: str) -> None:
        self.violations.append(Violation(method, path, what))
