"""Containers: how soon the first command runs in one, and what a large checkout costs the worker's memory."""

from __future__ import annotations

import os
import resource
import statistics
import tarfile
import tempfile
import time
from pathlib import Path

from bot.sandbox import engine, images
from bot.sandbox.base import Limits
from bot.sandbox.docker import DockerSandbox
from bot.sandbox.template import Template, load_templates
from tests.bench.figures import Figure
from tests.bench.ground import DISK

STARTS = 7
MOST_SECONDS = 1.0
MIB = 2**20
CHECKOUT = 200 * MIB
MOST_MEMORY = 32.0


def containers() -> list[Figure]:
    """On this machine's engine, with an image that is made for it; nothing where there is no engine."""
    client = engine.connect()
    if client is None:
        return []
    shipped = load_templates(Path("/no/such/folder"))["base"]
    template = shipped.model_copy(update={"image": "askfirst-bench"})
    images.build(client, template)
    try:
        starts = []
        for _ in range(STARTS):
            began = time.perf_counter()
            with DockerSandbox(client, template) as box:
                box.run(["true"])
                starts.append(time.perf_counter() - began)
        return [
            Figure(
                "from start to the first command's end in a container",
                statistics.median(starts),
                "s",
                MOST_SECONDS,
            ),
            *_checkout(client, template),
        ]
    finally:
        client.images.remove(template.image, force=True)


def _checkout(client: engine.docker.DockerClient, template: Template) -> list[Figure]:
    """200 MB in 200 files, put in and taken out; how much more memory this process needed at its peak."""
    with (
        tempfile.TemporaryFile(dir=DISK) as tar,
        DockerSandbox(client, template, Limits(memory_mb=1024)) as box,
    ):
        with tarfile.open(fileobj=tar, mode="w") as archive:
            for number in range(200):
                member = tarfile.TarInfo(f"repo/file{number}")
                member.size = CHECKOUT // 200
                with open("/dev/urandom", "rb") as noise:
                    archive.addfile(member, noise)
        tar.seek(0)
        box.run(["true"])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        box.put(tar)
        inside = time.perf_counter()
        with box.get("repo") as out:
            size = out.seek(0, os.SEEK_END)
        done = time.perf_counter()
        assert size > CHECKOUT
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return [
        Figure(
            "200 MB into a container, and out again: memory of the worker above before",
            grown,
            "MiB",
            MOST_MEMORY,
        ),
        Figure("200 MB into a container", inside - began, "s"),
        Figure("200 MB out of a container", done - inside, "s"),
    ]
