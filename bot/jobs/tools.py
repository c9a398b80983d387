"""The hands, made from the settings once for each process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

import httpx

from bot import credentials
from bot.config import Config
from bot.domain import troubles
from bot.github.budget import Budget
from bot.github.client import App
from bot.github.people import Recent
from bot.github.repo import Repo
from bot.github.turn import Turn
from bot.jobs.errors import GiveUp, Waits
from bot.sandbox.base import SandboxError
from bot.sandbox.git import Remote, RepoError
from bot.sandbox.template import Template, load_templates
from bot.store import clock
from bot.store.models import Project


@dataclass
class Errand:
    """What one job asks GitHub: by which turn, and about which projects, each under the name we knew."""

    turn: Turn
    repos: list[tuple[Project, Repo]] = field(default_factory=list)


_errand: ContextVar[Errand | None] = ContextVar("errand", default=None)


class Tools:
    """What jobs touch the world with. `transport` is for tests: it stands between us and GitHub."""

    def __init__(self, config: Config, transport: httpx.BaseTransport | None = None) -> None:
        self._config, self._transport = config, transport

    @property
    def config(self) -> Config:
        """The settings, with the App as soon as one was made."""
        if not self._config.has_app:
            self._config = credentials.with_app(self._config)
        return self._config

    @cached_property
    def app(self) -> App:
        """Our App at GitHub. Raises GiveUp where none is set up."""
        if not self.config.has_app:
            raise GiveUp("no GitHub App is set up on this server")
        settings = self.config
        return App(
            settings.github_app_id or 0, settings.github_private_key, settings.github_api_url, self._transport
        )

    @cached_property
    def budget(self) -> Budget:
        """What is left of GitHub's limits, for all processes together."""
        return Budget(self.config.redis_url, lambda: clock.now().timestamp())

    @cached_property
    def levels(self) -> Recent:
        """What people may do, as GitHub said within the last minute."""
        return Recent(lambda: clock.now().timestamp())

    @contextmanager
    def errand(self, ticket: str, *, bulk: bool) -> Iterator[Errand]:
        """All that is asked of GitHub in this block is one job's, under this ticket."""
        errand = Errand(Turn(self.budget, ticket, bulk=bulk))
        before = _errand.set(errand)
        try:
            yield errand
        finally:
            _errand.reset(before)
            errand.turn.leave()

    @property
    def secret(self) -> bytes:
        """What our marks are signed with."""
        return self.config.secret_key.encode()

    def template(self, name: str) -> Template:
        """The template of this name. Raises SandboxError."""
        templates = load_templates(self.config.askfirst_home)
        if name not in templates:
            raise SandboxError(f"there is no template {name}; there are {', '.join(sorted(templates))}")
        return templates[name]

    def remote(self, project: Project, contents: str = "read") -> Remote:
        """Where git finds the project, with a token of its own for reading or writing where it is on GitHub.

        Raises RepoError for a test project that would write there.
        """
        if project.repository_id is None:
            if contents == "write" and project.mode == "test" and self._is_on_github(project.url):
                raise RepoError(
                    "a test project writes nothing to GitHub: give it a path or a repository elsewhere"
                )
            return Remote(project.url, plain=True)
        repo = self.repo(project, contents=contents)
        token = repo.installation.token()
        return Remote(f"{self.config.github_server_url}/{repo.full_name}.git", token=token)

    def repo(self, project: Project, **permissions: str) -> Repo:
        """The project's repository, with a token of its own for just these permissions.

        Raises Waits while GitHub takes nothing there.
        """
        if project.paused_reason in troubles.SILENT:
            raise Waits(project.id, project.paused_reason or "")
        if project.installation_id is None or project.repository_id is None:
            raise GiveUp(f"project {project.name} is not on GitHub")
        errand = _errand.get()
        turn = errand.turn if errand else None
        asking = self.app.installation(project.installation_id, project.repository_id, permissions, turn)
        repo = asking.repo(project.name)
        if errand:
            errand.repos.append((project, repo))
        return repo

    def _is_on_github(self, url: str) -> bool:
        host, github = urlsplit(url).hostname or "", urlsplit(self.config.github_server_url).hostname
        return host == github or host.endswith(f".{github}")
