"""Containers: how soon the first command runs in one, and what a large checkout costs the worker's memory."""

from __future__ import annotations

import random
import re
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import docker

from bot.agents.archive import everything, pack
from bot.agents.tree import Tree
from bot.sandbox import engine, images
from bot.sandbox.base import Limits
from bot.sandbox.changes import take
from bot.sandbox.docker import DockerSandbox
from bot.sandbox.template import Template, load_templates
from tests.bench.figures import Figure
from tests.bench.ground import DISK

STARTS = 7
MOST_SECONDS = 1.0
MIB = 2**20
CHECKOUT, FILES = 200 * MIB, 200
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
        median = statistics.median(starts)
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            return [
                Figure("from start to the first command's end in a container", median, "s", MOST_SECONDS),
                *alone.submit(_checkout, template).result(),
            ]
    finally:
        client.images.remove(template.image, force=True)


def _checkout(template: Template) -> list[Figure]:
    """200 MB in 200 files, as a run puts them in and compares what comes out; in a process of its own.

    Its memory is what it needed more at its peak than when it had run a first command.
    """
    with (
        tempfile.TemporaryDirectory(prefix="askfirst-bench-", dir=DISK) as folder,
        DockerSandbox(docker.from_env(), template, Limits(memory_mb=1024)) as box,
    ):
        checkout, noise = Path(folder), random.Random(0)
        for number in range(FILES):
            (checkout / f"file{number}").write_bytes(noise.randbytes(CHECKOUT // FILES))
        box.run(["true"])
        before, began = _peak(), time.perf_counter()
        tree = Tree(checkout)
        with pack(tree, everything(tree), {}) as tar:
            box.put(tar)
        inside = time.perf_counter()
        with box.get("repo") as out:
            assert not take(out, checkout)
        done, grown = time.perf_counter(), _peak() - before
    return [
        Figure("200 MB into a container and out: more memory in the worker", grown, "MiB", MOST_MEMORY),
        Figure("200 MB into a container", inside - began, "s"),
        Figure("200 MB out of a container, and compared", done - inside, "s"),
    ]


def _peak() -> float:
    """The most memory that this process has had, in MiB; what `getrusage` tells is also its parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024
