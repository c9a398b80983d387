"""The container engine: whether it answers, which images it has, and what of ours was left behind there."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import docker
from docker.errors import APIError, DockerException, ImageNotFound
from requests.exceptions import RequestException

from bot.sandbox.base import SandboxError
from bot.sandbox.scratch import alive

TIMEOUT = 60  # seconds for one answer of the engine
OWNER, UNTIL = "askfirst.owner", "askfirst.until"
TEMPLATE, VERSION = (
    "askfirst.template",
    "askfirst.version",
)  # of an image: what for, and by which of us it was made
LATE = 60  # seconds after its time at which a sandbox is anybody's to remove
_PATIENCE = 5  # seconds for an engine to say that it is there


def connect() -> docker.DockerClient | None:
    """The engine that DOCKER_HOST names, or the one of this machine; None where none answers."""
    try:
        client = docker.from_env(timeout=_PATIENCE)
        client.ping()
    except (DockerException, RequestException):
        return None
    client.api.timeout = TIMEOUT
    return client


def has_image(client: docker.DockerClient, image: str) -> bool:
    """Whether the engine has it; nothing is ever fetched."""
    return image_labels(client, image) is not None


def image_labels(client: docker.DockerClient, image: str) -> dict[str, str] | None:
    """What is written on an image; None where the engine does not have it."""
    with answers():
        try:
            labels: dict[str, str] = client.images.get(image).labels
        except ImageNotFound:
            return None
        return labels


@contextmanager
def answers() -> Iterator[None]:
    """What the engine cannot do, or its silence, is a SandboxError."""
    try:
        yield
    except APIError as error:
        raise SandboxError(f"the container engine refused: {error.explanation or error}") from error
    except (DockerException, RequestException) as error:
        raise SandboxError(f"the container engine does not answer ({type(error).__name__})") from error


def labels(seconds: float) -> dict[str, str]:
    """Who made it, and until when it may be needed."""
    return {OWNER: owner(os.getpid()), UNTIL: str(int(time.time() + seconds))}


def owner(pid: int) -> str:
    """A process of this machine, told from those of others that may use the same engine."""
    return f"{_here()}:{pid}"


@cache
def _here() -> str:
    """Where our process ids mean something: workers in containers may be called alike, and each have a process 1."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:  # not Linux
        return socket.gethostname()


def sweep(client: docker.DockerClient) -> None:
    """Remove what workers that are gone left behind: of this machine by their process, of others by their time."""
    only = {"label": OWNER}
    for container in client.api.containers(all=True, filters=only):
        if _is_left(container["Labels"]):
            remove_container(client, container["Id"])
    for volume in client.api.volumes(filters=only)["Volumes"] or ():
        if _is_left(volume["Labels"]):
            remove_volume(client, volume["Name"])


def remove_container(client: docker.DockerClient, container: str) -> None:
    """Kill and remove it; that it is gone already, or is being removed by another, is as good."""
    try:
        client.api.remove_container(container, force=True)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise


def remove_volume(client: docker.DockerClient, volume: str) -> None:
    """Remove it, once nothing uses it any more."""
    try:
        client.api.remove_volume(volume)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise


def _is_left(found: dict[str, str]) -> bool:
    host, _, pid = found[OWNER].rpartition(":")
    if host == _here() and not alive(int(pid)):
        return True
    return int(found[UNTIL]) + LATE < time.time()
