"""Images of templates, made of what this machine has: no registry is asked."""

from __future__ import annotations

import importlib.metadata
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound

from bot.sandbox.base import SandboxError
from bot.sandbox.engine import TEMPLATE, VERSION, answers, remove_container
from bot.sandbox.template import Template

SECONDS = 60  # for ldd
# what people's own programs and verify commands may count on
TOOLS = """
    awk bash basename cat chmod cmp comm cp cut date dd diff dirname du echo env expr false find git grep gzip head id
    kill ln ls make mkdir mktemp mv od paste patch printf pwd readlink realpath rm rmdir sed seq sh sha256sum sleep
    sort stat tail tar tee test timeout touch tr true uname uniq wc which xargs
"""
USERS = "root:x:0:0::/:/bin/sh\nkeeper:x:10000:10000::/:/bin/sh\naskfirst:x:10001:10001::/tmp:/bin/sh\n"
FOLDERS = ("askfirst", "tmp", "proc", "sys", "dev", "etc", "usr/local/bin")
LINKS = ("bin", "sbin", "lib", "lib32", "lib64")  # into usr, on a system where these are one
PACKAGES = "usr/local/lib/askfirst"  # programs in Python, with what they need
_PYTHON = re.compile(rb"#!.*python")
_LIBRARY = re.compile(r"(?:=>\s*)?(/\S+)\s+\(0x")
_LEFT_OUT = {"__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "site-packages"}


def build(client: docker.DockerClient, template: Template, base: str | None = None) -> list[str]:
    """Make the template's image, of this machine's own files or on top of the image `base`.

    Returns those of its programs that are not on this machine. Raises SandboxError for a base that the engine does
    not have, and where the engine cannot do it.
    """
    with tempfile.TemporaryFile(prefix="askfirst-image-") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            into = Layer(tar)
            if base is None:
                into.add_system()
            missing = [name for name in template.programs if not into.add_program(name)]
            if base is None:
                into.add_libraries()
        file.seek(0)
        with answers():
            before = _made(client, template.image)
            said = [
                f"LABEL {TEMPLATE}={template.image}",
                f"LABEL {VERSION}={importlib.metadata.version('askfirst')}",
            ]
            if base is None:
                client.api.import_image(file, repository=template.image, tag="latest", changes=said)
            else:
                _on_top(client, base, file, template.image, said)
            for left in before - {client.images.get(template.image).id}:
                with suppress(APIError):  # a run still uses it
                    client.images.remove(left)
    return missing


def _made(client: docker.DockerClient, image: str) -> set[str]:
    """What was made for this image, also those that have lost its name to a newer one."""
    return {one.id for one in client.images.list(filters={"label": f"{TEMPLATE}={image}"})}


def _on_top(
    client: docker.DockerClient, base: str, layer: Iterable[bytes], image: str, said: list[str]
) -> None:
    try:
        container = client.api.create_container(base, ["true"])["Id"]
    except ImageNotFound as error:
        raise SandboxError(
            f"--base: the engine has no image {base}; `docker pull` or `docker build` it first"
        ) from error
    try:
        client.api.put_archive(container, "/", layer)
        client.api.commit(container, repository=image, tag="latest", changes=said)
    finally:
        remove_container(client, container)


class Layer:
    """A tar with files of this machine at their own places."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._there: set[str] = set()
        self._binaries: list[str] = []

    def add_system(self) -> None:
        """What every command counts on: the tools, git, and Python with its library."""
        for name in FOLDERS:
            self._add_folder(name)
        for name in LINKS:
            if os.path.islink(f"/{name}"):
                self._add_link(name, os.readlink(f"/{name}"))
        self._add_text("etc/passwd", USERS)
        self._add_python()
        for name in TOOLS.split():
            if found := shutil.which(name, path="/usr/local/bin:/usr/bin:/bin"):
                self._add_binary(found)

    def add_program(self, name: str) -> bool:
        """An analyzer, from beside our own Python or from the path; whether it is there."""
        found = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
        if found is None:
            return False
        program = Path(found).resolve()
        if "node_modules" in program.parts:
            # what npm puts on the path only starts the native program beside it
            program = next(program.parents[2].rglob(f"cli-*/{name}"), program)
        with open(program, "rb") as file:
            script = _PYTHON.match(file.readline(200))
        if script:
            self._add_packages(name)
            return True
        self._add_binary(str(program), f"usr/local/bin/{name}")
        return True

    def add_libraries(self, more: Iterable[str] = ()) -> None:
        """What all that was added is linked with, and what is to be added later."""
        listed = subprocess.run(
            ["ldd", *self._binaries, *more], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        for library in _LIBRARY.findall(listed.stdout):
            self._add_file(library)

    def _add_python(self) -> None:
        program = os.path.realpath(sys.executable)
        self._add_binary(program)
        self._add_link("usr/local/bin/python3", program)
        for root in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
            for path in _files(Path(root)):
                (self._add_binary if path.suffix == ".so" else self._add_file)(str(path))

    def _add_packages(self, name: str) -> None:
        """A program of a Python package: its files, and a script that starts it with them alone."""
        [entry] = importlib.metadata.entry_points(group="console_scripts", name=name)
        assert entry.dist is not None
        for package in entry.dist.files or ():
            full = Path(str(package.locate()))
            if full.is_file() and ".." not in package.parts:
                self._add_file(str(full), f"{PACKAGES}/{package.as_posix()}")
        start = (
            f"import sys; sys.path.insert(0, '/{PACKAGES}'); from {entry.module} import {entry.attr} as main"
        )
        self._add_text(f"usr/local/bin/{name}", f"#!/usr/local/bin/python3 -I\n{start}; sys.exit(main())\n")

    def _add_binary(self, source: str, place: str | None = None) -> None:
        self._add_file(source, place)
        self._binaries.append(source)

    def _add_file(self, source: str, place: str | None = None) -> None:
        """A file with its content, also where a link leads to it, so that it needs nothing else."""
        place = _at_home(source) if place is None else place
        if self._is_new(place):
            member = tarfile.TarInfo(place)
            status = os.stat(source)
            member.mode, member.size = stat.S_IMODE(status.st_mode) & 0o755 | 0o444, status.st_size
            with open(source, "rb") as file:
                self._tar.addfile(member, file)

    def _add_text(self, place: str, text: str) -> None:
        if self._is_new(place):
            member = tarfile.TarInfo(place)
            member.mode, member.size = 0o755, len(text.encode())
            self._tar.addfile(member, io.BytesIO(text.encode()))

    def _add_link(self, place: str, target: str) -> None:
        if self._is_new(place):
            member = tarfile.TarInfo(place)
            member.type, member.linkname = tarfile.SYMTYPE, target
            self._tar.addfile(member)

    def _add_folder(self, place: str) -> None:
        if self._is_new(place):
            member = tarfile.TarInfo(place)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            self._tar.addfile(member)

    def _is_new(self, place: str) -> bool:
        """Whether it is not in the tar yet; then the folders above it are put in."""
        if place in self._there:
            return False
        self._there.add(place)
        if (above := os.path.dirname(place)) and above.split("/")[0] not in LINKS:
            self._add_folder(above)
        return True


def _at_home(source: str) -> str:
    """Where a file of this machine goes: its own place, with links in the folders above it followed."""
    return os.path.join(os.path.realpath(os.path.dirname(source)), os.path.basename(source)).lstrip("/")


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        yield from (Path(folder, name) for name in sorted(names) if not name.endswith((".a", ".pyc")))
