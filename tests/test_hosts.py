"""Two hosts, one PostgreSQL, one Redis: each piece of work is done once, lanes stay in order, a partition heals.

A host is a network namespace with two web processes, two workers and a relay; each has only its own cable to the
database, Redis and GitHub, and that is pulled out.
"""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import make_url, select

from bot import counters, redis_server
from bot.store.counted import Counted
from bot.store.models import Outbox
from tests.house import House
from tests.test_kill import ASKFIRST
from tests.warm import until

NET = f"10.213.{os.getpid() % 250}"  # between these namespaces only
HERE = f"{NET}.1"
OURS = f"af{os.getpid()}"  # devices have 15 letters at most
BRIDGE = f"{OURS}b"
MADE = "/repos/*/issues"


class Passing(socketserver.BaseRequestHandler):
    """Passes one connection on to where its server says."""

    server: PassingOn

    def handle(self) -> None:
        try:
            there = self.server.target()
        except OSError:  # it has stopped
            return
        back = threading.Thread(target=_pour, args=(there, self.request), daemon=True)
        back.start()
        _pour(self.request, there)
        back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


class PassingOn(socketserver.ThreadingTCPServer):
    """A server at an address that the hosts can reach; `target` gives the way to what it stands for."""

    daemon_threads, block_on_close = True, False

    def __init__(self, target: Callable[[], socket.socket]) -> None:
        super().__init__((HERE, 0), Passing)
        self.target = target
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


def tcp(host: str, port: int) -> socket.socket:
    return socket.create_connection((host, port), 10)


def unix(path: str) -> socket.socket:
    found = socket.socket(socket.AF_UNIX)
    found.connect(path)
    return found


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


class Host:
    """A network namespace with the processes of one machine."""

    def __init__(self, number: int, environment: dict[str, str], home: Path) -> None:
        self.name, self.address = f"{OURS}-{number}", f"{NET}.{number + 1}"
        self.cable, inside = f"{OURS}c{number}", f"{OURS}i{number}"
        self.environment = environment | {"ASKFIRST_HOME": str(home)}
        ip("netns", "add", self.name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", inside, "netns", self.name)
        ip("link", "set", self.cable, "master", BRIDGE, "up")
        for words in (
            f"address add {self.address}/24 dev {inside}",
            f"link set {inside} up",
            "link set lo up",
        ):
            ip("-netns", self.name, *words.split())
        web = ["web", "--host", self.address, "--workers", "2"]
        self.processes = [self._start(*command) for command in (web, ["worker"], ["worker"], ["relay"])]

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        inside = ["ip", "netns", "exec", self.name, ASKFIRST, *command]
        return subprocess.Popen(
            inside, env=self.environment, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def is_ready(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        return False

    @property
    def url(self) -> str:
        return f"http://{self.address}:8000"

    def pull_out(self) -> None:
        """Its cable: nothing comes in or goes out, and nobody is told."""
        ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        ip("link", "set", self.cable, "up")

    def stop(self, number: int = signal.SIGKILL) -> None:
        for process in (process for process in self.processes if process.poll() is None):
            os.killpg(process.pid, number)  # web servers have processes of their own
        for process in self.processes:
            process.wait()

    def end(self) -> None:
        self.stop()
        ip("link", "delete", self.cable)
        ip("netns", "delete", self.name)


class Hosts(House):
    """The house with two hosts; GitHub sends each delivery to both at once."""

    def __init__(self, database_url: str, home: Path) -> None:
        (home / "r").mkdir()
        counters.take()  # of other tests in this process
        self.redis, self.redis_url = redis_server.start(home / "r")
        super().__init__(database_url, home, files={"README.md": "# Shop\n"})
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("address", "add", f"{HERE}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        url, github = make_url(database_url), urlsplit(self.server.url)
        folder = str(url.query.get("host", ""))
        self.passing = [
            PassingOn(
                lambda: unix(f"{folder}/.s.PGSQL.5432") if folder else tcp(url.host or "", url.port or 5432)
            ),
            PassingOn(lambda: unix(self.redis_url.removeprefix("unix://").partition("?")[0])),
            PassingOn(lambda: tcp(github.hostname or "", github.port or 80)),
        ]
        database, redis, github_port = (server.server_address[1] for server in self.passing)
        there = url.set(host=HERE, port=database, query={}, password=url.password)
        environment = self.environment() | {
            "DATABASE_URL": there.render_as_string(hide_password=False),
            "REDIS_URL": f"redis://{HERE}:{redis}",
            "GITHUB_API_URL": self.fake.api_url.replace(self.server.url, f"http://{HERE}:{github_port}"),
            "GITHUB_SERVER_URL": f"http://{HERE}:{github_port}",
        }
        self.hosts = [Host(number, environment, home / f"host{number}") for number in (1, 2)]
        self.github.deliver = self.to_both
        until(lambda: all(host.is_ready() for host in self.hosts))

    def environment(self) -> dict[str, str]:
        return super().environment() | {"REDIS_URL": self.redis_url, "SECRET_KEY": "the same on both"}

    def to_both(self, event: str, headers: dict[str, str], body: bytes) -> int:
        """The better of the two answers."""

        def to(host: Host) -> int:
            with suppress(httpx.TransportError):
                return httpx.post(
                    f"{host.url}/webhooks/github", content=body, headers=headers, timeout=5
                ).status_code
            return 502

        with ThreadPoolExecutor(2) as pool:
            return min(pool.map(to, self.hosts))

    def asks(self, host: Host, title: str) -> int:
        """The status of a request for an issue at this host."""
        body = {"title": title}
        return httpx.post(
            f"{host.url}/api/v1/issues/create", json=body, headers=self.headers(), timeout=20
        ).status_code

    def shows(self, count: int) -> None:
        """Wait until GitHub shows so many issues, and nothing is left to be done: each once."""
        until(lambda: len(self.issues()) >= count and not self.unfinished(), 90)
        assert len(self.issues()) == self.fake.count("POST", MADE) == count
        assert len({issue.title for issue in self.issues()}) == count

    def close(self) -> None:
        for host in self.hosts:
            host.end()
        ip("link", "delete", BRIDGE)
        for server in self.passing:
            server.shutdown()
            server.server_close()
        self.redis.kill()
        self.redis.wait()
        super().close()


@pytest.fixture
def hosts(postgres_url: str, postgres_emptied: Callable[[], None], tmp_path: Path) -> Iterator[Hosts]:
    if os.geteuid() != 0:
        pytest.skip("needs root, to make network namespaces")
    both = Hosts(postgres_url, tmp_path)
    yield both
    both.close()
    postgres_emptied()


def test_two_hosts_share_the_work_and_a_partition_heals(hosts: Hosts) -> None:
    one, two = hosts.hosts
    with ThreadPoolExecutor(4) as pool:
        asked = pool.map(lambda n: hosts.asks(hosts.hosts[n % 2], f"Number {n}"), range(12))
        assert set(asked) == {201}
    hosts.shows(12)
    first = hosts.issues()[0]
    for take in range(1, 11):
        hosts.mona.edits_issue(first, title=f"Take {take}")
    until(lambda: not hosts.unfinished())
    assert "Take 10" in {issue["title"] for issue in hosts.get("/issues/list")["data"]}
    with hosts.db.read() as tx:
        rows = tx.execute(select(Outbox.lane, Outbox.done_at).order_by(Outbox.id)).all()
    for lane in {row.lane for row in rows}:
        ended = [row.done_at for row in rows if row.lane == lane]
        assert ended == sorted(ended), lane
    done = sum(
        amount
        for (name, labels), amount in Counted(hosts.redis_url).read().items()
        if name == "askfirst_jobs_total" and ("outcome", "done") in labels
    )
    assert done <= len(rows), "two relays and two bells: and no row was done twice"

    with ThreadPoolExecutor(4) as pool:
        asked = pool.map(lambda n: hosts.asks(one, f"While it is cut off {n}"), range(8))
        two.pull_out()
        assert set(asked) == {201}
    hosts.mona.edits_issue(first, title="Cut off")
    hosts.shows(20)
    two.plug_in()
    one.stop(signal.SIGTERM)
    until(two.is_ready)
    assert hosts.asks(two, "Alone") == 201
    hosts.mona.edits_issue(first, title="Healed")
    hosts.shows(21)
    assert {"Alone", "Healed"} <= {issue["title"] for issue in hosts.get("/issues/list")["data"]}
