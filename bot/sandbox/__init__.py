"""Sandboxes: where an agent works, and how a repository gets there."""

from __future__ import annotations

from typing import Literal

from bot.sandbox.base import Limits, Sandbox, SandboxError
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import IMAGES, Template

Wanted = Literal["auto", "docker", "process"]


def open_sandbox(template: Template, limits: Limits | None = None, wanted: Wanted = "auto") -> Sandbox:
    """An empty sandbox for this template, to be used with `with`; SandboxError says why it is refused.

    `auto` is a container where an engine answers and has the template's image; else a process, for what is trusted.
    """
    reason = "SANDBOX is process: set it to auto, on a machine with Docker"
    if wanted != "process":
        # read only where agents run
        from bot.sandbox import docker, engine

        client = engine.connect()
        if client and engine.has_image(client, template.image):
            return docker.DockerSandbox(client, template, limits)
        reason = (
            _missing(template)
            if client
            else "no container engine answers: install Docker, or set DOCKER_HOST"
        )
    if wanted == "docker" or not template.trusted:
        raise SandboxError(f"template {template.name} needs a container, and {reason}")
    return ProcessSandbox(template, limits)


def _missing(template: Template) -> str:
    if template.image.startswith(IMAGES):
        return f"its image is not there: `askfirst template build {template.image.removeprefix(IMAGES)}` makes it"
    return f"the engine has no image {template.image}: `docker pull` or `docker build` it"
