"""`askfirst up` for real: everything on one machine, started, watched and stopped together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import redis_server
from bot.domain import keys, projects
from bot.store.db import Database
from tests.house import FLAWED
from tests.warm import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ASKFIRST = str(Path(sys.executable).parent / "askfirst")


class Up:
    """A running `askfirst up` with a home of its own."""

    def __init__(self, home: Path, port: int, **settings: str) -> None:
        self.home, self.url, self.key = home, f"http://127.0.0.1:{port}", ""
        environment = {
            "PATH": os.environ["PATH"],
            "ASKFIRST_HOME": str(home),
            "SANDBOX": "process",
            "ASKFIRST_LOG_LEVEL": "error",
            **settings,
        }
        self.process = subprocess.Popen(
            [ASKFIRST, "up", "--port", str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def running(self, words: str = "") -> dict[int, str]:
        """All processes that were started from here, by their command lines: those with these words in it."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                # Redis writes its title over its environment
                if str(self.home).encode() in (folder / "environ").read_bytes() + line.encode():
                    found[int(folder.name)] = line
            except OSError:
                continue
        return {pid: line for pid, line in found.items() if words in line}

    def agent(self) -> int | None:
        """The process of template `scripted` that works for one of ours."""
        folders = tuple(f"{tempfile.gettempdir()}/askfirst-sandbox-{pid}-" for pid in self.running())
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line, folder = (process / "cmdline").read_bytes(), os.readlink(process / "cwd")
            except OSError:
                continue
            if folder.startswith(folders) and line.startswith(b"python3") and b"scripted.py" in line:
                return int(process.name)
        return None

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                told = json.load(answer)
                return bool(told["ready"] and told["redis"] and all(told["workers"].values()))
        except OSError:
            return False

    def project(self, repository: Path, mode: Any = "live") -> None:
        """From now on requests are about a new project of this repository."""
        db = Database(f"sqlite:///{self.home / 'askfirst.db'}")
        with db.write() as tx:
            project = projects.create(tx, f"{mode} project", str(repository), mode=mode)
            tx.flush()
            self.key = keys.make(tx, project, "test", [])[1]
        db.close()

    def call(self, path: str, **body: Any) -> dict[str, Any]:
        """A GET, or with a body a POST; the answer's data."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            json.dumps(body).encode() if body else None,
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.load(answer)["data"])

    def scanned(self) -> dict[str, Any]:
        """A scan's session at its end."""
        started = self.call("/issue-sessions/start", prompt="Find bugs")

        def ended() -> dict[str, Any] | None:
            session = self.call(f"/issue-sessions/get?id={started['id']}")
            return None if session["status"] == "active" else session

        return dict(until(ended))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Up]]:
    started: list[Up] = []

    def up() -> Up:
        started.append(Up(tmp_path / "home", free_port()))
        until(lambda: started[-1].ready() or started[-1].process.poll() is not None)
        return started[-1]

    yield up
    for one in started:
        for pid in [one.process.pid, *one.running()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        one.process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "cart.py").write_text(FLAWED["shop/cart.py"])
    git = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for arguments in (["init"], ["add", "."], ["commit", "-m", "First"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    return folder


def test_everything_works_survives_and_ends_together(start: Callable[[], Up], repository: Path) -> None:
    up = start()
    up.project(repository)
    session = up.scanned()
    assert session["status"] == "completed" and session["counts"]["new"] > 0, session
    names = ["askfirst agents", "askfirst worker", "askfirst relay", "redis.sock"]
    before = until(lambda: complete(up, names, set()))
    for pids in before:
        os.kill(min(pids), signal.SIGKILL)
    killed = {min(pids) for pids in before}
    until(lambda: complete(up, names, killed))
    until(up.ready)
    again = up.scanned()
    assert again["counts"] == {**session["counts"], "new": 0, "known": session["counts"]["new"]}
    second = subprocess.run(
        [ASKFIRST, "up", "--port", up.url.rpartition(":")[2]],
        env={"PATH": os.environ["PATH"], "ASKFIRST_HOME": str(up.home.with_name("another"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1 and second.stderr.startswith("Error: Cannot listen on 127.0.0.1:")
    up.process.send_signal(signal.SIGTERM)
    out, err = up.process.communicate(timeout=20)
    assert up.process.returncode == 0 and "Traceback" not in err, err
    assert f"Askfirst listens on {up.url}" in out and "No GitHub App is set up" in out
    assert up.running() == {} and not (up.home / "redis" / "redis.sock").exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{up.url}/healthz")


def complete(up: Up, names: list[str], killed: set[int]) -> list[set[int]] | None:
    """The processes of each name, where there are as many as there have to be and none of the killed."""
    now = [set(up.running(name)) for name in names]
    whole = [len(pids) for pids in now] == [1, 2, 1, 1]
    return now if whole and not killed & set().union(*now) else None


def test_killed_in_the_middle_of_a_run_it_leaves_nothing_running(
    start: Callable[[], Up], repository: Path
) -> None:
    up = start()
    up.project(repository, "test")
    (up.home / "scripted").mkdir()
    (up.home / "scripted" / "scan.json").write_text('{"lines": ["thinking"], "seconds": 600}')
    up.call("/issue-sessions/start", prompt="x")
    agent = until(up.agent)
    os.kill(up.process.pid, signal.SIGKILL)
    until(lambda: not up.running() and not Path(f"/proc/{agent}").exists(), seconds=20)
    assert not (up.home / "redis" / "redis.sock").exists()


def test_a_second_one_on_the_same_home_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "END_SECONDS", 0)
    first, _ = redis_server.start(tmp_path)
    with pytest.raises(redis_server.NoRedis, match="Another `askfirst up` runs in"):
        redis_server.start(tmp_path)
    first.terminate()
    assert first.wait(20) == 0
    again, url = redis_server.start(tmp_path)
    again.terminate()
    assert again.wait(20) == 0 and url == f"unix://{tmp_path}/redis/redis.sock"


def test_a_redis_that_does_not_start_says_where_its_reason_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_server, "find_program", lambda: "false")
    with pytest.raises(redis_server.NoRedis, match=r"redis\.log says why"):
        redis_server.start(tmp_path)
