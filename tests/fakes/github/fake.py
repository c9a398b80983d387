"""What a test arranges before anything happens: accounts, the App, repositories, installations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .acts import installations as installing
from .auth import new_key
from .gitstore import BareRepository
from .people import Person
from .server import create_app
from .state import Account, Actor, App, Deliver, Installation, Repository
from .world import World

APP_PERMISSIONS = {
    "metadata": "read",
    "issues": "write",
    "pull_requests": "write",
    "contents": "write",
    "checks": "write",
}
APP_EVENTS = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "check_run",
    "push",
    "repository",
]


class FakeGitHub(World):
    """The fake GitHub: arrange it, let people act, look at `requests`, `violations` and `deliveries`."""

    @property
    def app(self) -> Any:
        """A new Flask app over this state, for `httpx.WSGITransport` and test clients."""
        return create_app(self)

    def create_user(self, login: str, name: str | None = None) -> Person:
        person = Person(self, self._account(login, "User", name))
        self.people[login] = person
        return person

    def create_organisation(
        self, login: str, members: list[Person] | None = None, base_role: str = "read"
    ) -> Account:
        account = self._account(login, "Organization")
        account.members = {member.login for member in members or []}
        account.base_role = base_role
        return account

    def create_app(
        self,
        slug: str = "askfirst",
        webhook_secret: str = "it is a secret",
        permissions: dict[str, str] | None = None,
        events: list[str] | None = None,
        deliver: Deliver | None = None,
        owner: Person | Account | None = None,
        webhook_url: str = "",
        **more: Any,
    ) -> App:
        """A GitHub App with its own key; its first webhook is a ping. `more`: other fields of `App`."""
        with self.acting():
            bot = self._account(f"{slug}[bot]", "Bot")
            number = 1_000_000 + len(self.apps)
            private, public = new_key(len(self.apps))
            app = App(
                number,
                slug,
                f"Iv23li{number}",
                private,
                public,
                webhook_secret,
                dict(permissions or APP_PERMISSIONS),
                list(APP_EVENTS if events is None else events),
                bot,
                account_of(owner) if owner else bot,
                self.clock(),
                deliver,
                webhook_url,
                **more,
            )
            self.apps[app.id] = app
            self.webhooks.ping(app)
            return app

    def create_repository(
        self,
        owner: Person | Account,
        name: str,
        private: bool = False,
        files: dict[str, str | bytes | None] | None = None,
        description: str | None = None,
        default_branch: str = "main",
    ) -> Repository:
        """An empty repository, or one with a first commit of `files`."""
        with self.acting():
            number = self.next_id()
            git = BareRepository.create(self._git_path(number), self.clock, default_branch)
            repository = self._add_repository(number, owner, name, private, git, description)
            if files:
                repository.commit(files, "First commit")
            return repository

    def import_git(
        self,
        owner: Person | Account,
        name: str,
        path: Path | str,
        private: bool = False,
        description: str | None = None,
    ) -> Repository:
        """A repository with a copy of an existing git repository; the original is not touched."""
        with self.acting():
            number = self.next_id()
            git = BareRepository.copy(Path(path), self._git_path(number), self.clock)
            return self._add_repository(number, owner, name, private, git, description)

    def fork(self, owner: Person | Account, parent: Repository) -> Repository:
        """A copy that pull requests may come from."""
        with self.acting():
            number = self.next_id()
            git = BareRepository.copy(parent.git.path, self._git_path(number), self.clock)
            account = account_of(owner)
            copy = self._add_repository(number, account, parent.name, parent.private, git, parent.description)
            copy.parent = parent
            return copy

    def install(
        self,
        account: Person | Account,
        repositories: list[Repository] | None = None,
        permissions: dict[str, str] | None = None,
        by: Person | None = None,
        app: App | None = None,
    ) -> Installation:
        """Install the App (the only one, if not named) on an account; no list means all repositories."""
        chosen = app or next(iter(self.apps.values()))
        with self.acting():
            actor = Actor(account_of(by or account))
            return installing.install(self, actor, chosen, account_of(account), repositories, permissions)

    def _account(self, login: str, kind: str, name: str | None = None) -> Account:
        if login.lower() in self.accounts:
            raise ValueError(f"{login} exists already")
        account = Account(self.next_id(), login, kind, self.clock(), name)
        self.accounts[login.lower()] = account
        return account

    def _git_path(self, number: int) -> Path:
        return self.root / f"{number}.git"

    def _add_repository(
        self,
        number: int,
        owner: Person | Account,
        name: str,
        private: bool,
        git: BareRepository,
        description: str | None,
    ) -> Repository:
        if self.find_repository(account_of(owner).login, name):
            raise ValueError(f"{name} exists already")
        repository = Repository(number, account_of(owner), name, private, self.clock(), git, description)
        self.repositories[number] = repository
        installing.tell_of(self, Actor(repository.owner), repository, "added")
        return repository


def account_of(who: Person | Account) -> Account:
    return who.account if isinstance(who, Person) else who
