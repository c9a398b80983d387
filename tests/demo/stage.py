"""The demo's stage: a fake GitHub with people and a repository, and `askfirst up` beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.fakes.github import FakeGitHub, Person, over_http, serve

SAMPLE = Path(__file__).parent / "sample"
LATER = Path(__file__).parent / "later"
ASKFIRST = Path(sys.executable).parent / "askfirst"
START_SECONDS = 30.0


def free_port(wanted: int) -> int:
    """This port, or another one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")


def files_below(folder: Path) -> dict[str, str | bytes | None]:
    """The folder's files, by their paths in it."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


class Stage:
    """Mona owns the repository, Ravi may write, Tess may triage, Gus may read."""

    def __init__(self, folder: Path, port: int, github_port: int, repo: Path | None = None) -> None:
        self.is_sample = repo is None
        self.folder, self.url = folder, f"http://localhost:{port}"
        self._port = port
        self.github = FakeGitHub(folder / "github")
        self.server = serve(self.github, github_port)
        self.app = self.github.create_app("askfirst", deliver=over_http(f"{self.url}/webhooks/github"))
        self.github.webhooks.send_in_background()
        self.mona = self.github.create_user("mona")
        if repo:
            self.repository = self.github.import_git(self.mona, repo.resolve().stem, repo)
        else:
            self.repository = self.github.create_repository(self.mona, "parcels", files=files_below(SAMPLE))
        self.people: dict[str, Person] = {}
        for login, role in (("ravi", "write"), ("tess", "triage"), ("gus", "read")):
            self.people[login] = self.github.create_user(login)
            self.repository.add_collaborator(self.people[login], role)
        self.name = self.repository.full_name

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [str(ASKFIRST), "up", "--port", str(self._port)], env=self._environment()
        )
        self.http = httpx.Client(base_url=f"{self.url}/api/v1", timeout=10)
        self._until(lambda: self._answers("/readyz"), "the server did not start")
        self.github.install(self.mona, [self.repository])
        self._until(self._project_is_there, "the installation did not arrive")
        self.key = self.askfirst("key", "create", "--project", self.name, "--name", "demo")
        self.http.headers["Authorization"] = f"Bearer {self.key}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self.server.stop()

    @property
    def is_up(self) -> bool:
        """Whether the server still runs."""
        return self._process.poll() is None

    def page(self, path: str) -> str:
        """The address of one of the repository's pages."""
        return f"{self.server.url}/{self.name}/{path}"

    def wait(self) -> None:
        """Until the server ends, or Ctrl-C."""
        self._process.wait()

    def askfirst(self, *arguments: str) -> str:
        """What the command prints."""
        done = subprocess.run(
            [str(ASKFIRST), *arguments], env=self._environment(), capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def get(self, path: str, **query: Any) -> Any:
        """The data of a REST answer."""
        return self.http.get(path, params=query).raise_for_status().json()["data"]

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()["data"]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "ASKFIRST_HOME": str(self.folder / "home"),
            "SANDBOX": "process",
            "PUBLIC_URL": self.url,
            "GITHUB_APP_ID": str(self.app.id),
            "GITHUB_PRIVATE_KEY": self.app.private_key,
            "GITHUB_WEBHOOK_SECRET": self.app.webhook_secret,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_SERVER_URL": self.server.url,
            "GITHUB_CLIENT_ID": self.app.client_id,
            "GITHUB_CLIENT_SECRET": self.app.client_secret,
            "ASKFIRST_ADMINS": "mona",
        }

    def _answers(self, path: str) -> bool:
        try:
            return httpx.get(f"{self.url}{path}", timeout=1).is_success
        except httpx.TransportError:
            return False

    def _project_is_there(self) -> bool:
        return self.name in self.askfirst("project", "list")

    def _until(self, happened: Any, otherwise: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not happened():
            if self._process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"The demo stopped: {otherwise}.")
            time.sleep(0.1)
