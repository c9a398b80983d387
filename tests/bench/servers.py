"""Processes that a measurement starts and ends, by their ids."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.demo.stage import free_port

ASKFIRST = Path(sys.executable).parent / "askfirst"
HOST = "127.0.0.1"
START_SECONDS = 30.0


@contextmanager
def server(command: Callable[[int], list[str]], environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Run what `command` says for a free port; gives (port, process id) once it takes connections."""
    port = free_port(0)
    process = subprocess.Popen(
        command(port), env={"PATH": os.environ["PATH"], **environment}, stdout=subprocess.DEVNULL
    )
    try:
        _until_open(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def running(commands: list[list[str]], environment: Mapping[str, str]) -> Iterator[None]:
    """Run these beside, and end them."""
    started = [subprocess.Popen(command, env={**os.environ, **environment}) for command in commands]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


def _until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.01)  # how soon it opens is measured, too
        else:
            return
    raise SystemExit(f"{process.args} did not start")
