"""Git, run so that a hostile repository or remote has nothing to hold on to.

No configuration but ours, no hooks, no prompts, a list of allowed protocols, a time limit on every call.
A token reaches git by askpass, through the environment, and only when git asks for the host it is for.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ORIGIN = "origin"
PARTIAL = "blob:none"

SECRETS = [
    (re.compile(r"ghs_[A-Za-z0-9._-]{36,}"), "[token]"),
    (re.compile(r"(?<=://)[^/@\s]+@"), "[login]@"),
]

# answers only these exact prompts, so that a redirect to another host gets no token
ASKPASS = """#!/bin/sh
case "$1" in
"$ASKFIRST_ASK_LOGIN") echo x-access-token ;;
"$ASKFIRST_ASK_TOKEN") printf '%s\\n' "$ASKFIRST_GIT_TOKEN" ;;
*) exit 1 ;;
esac
"""

NETWORK = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE")
OPERATORS = ("HOME", "XDG_CONFIG_HOME")

SAFE = {
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.fsmonitor": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "gc.auto": "0",
    "gc.autoDetach": "false",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    # a minute without a byte, and it ends by itself; so does one whose worker was killed
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
}


class RepoError(Exception):
    """A repository cannot be read; `reason` is one sentence for people, without secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Remote:
    """Where a repository is. `token`: an installation token. `plain`: the operator added this path or URL.

    A plain one may be a path, and uses the operator's own git configuration and credential helper.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    plain: bool = False

    def __post_init__(self) -> None:
        if self.scheme not in self.protocols:
            raise RepoError(f"{redact(self.url)}: only {' and '.join(self.protocols)} are supported")

    @property
    def scheme(self) -> str:
        if os.path.isabs(self.url):
            return "file"
        return urlsplit(self.url).scheme or "ssh"

    @property
    def protocols(self) -> tuple[str, ...]:
        return ("https", "http", "file") if self.plain else ("https", "http")

    @property
    def allowed(self) -> str:
        """What git may speak: to an address on the network never the protocol of files."""
        return "file" if self.scheme == "file" else "https:http"


def redact(text: str) -> str:
    """The text without tokens and without the login part of URLs."""
    for pattern, instead in SECRETS:
        text = pattern.sub(instead, text)
    return text


def git(
    arguments: list[str],
    folder: Path,
    timeout: float,
    remote: Remote | None = None,
    extra: dict[str, str] | None = None,
    data: bytes | None = None,
    keep: Sequence[int] = (),
) -> str:
    """Runs git with that repository as GIT_DIR and returns its output; GitFailed or RepoError (time).

    With a `remote` git knows it as ORIGIN. `extra`: more environment; `data`: its standard input; `keep`: open
    files that it holds as long as it lives, also when we do not.
    """
    environment = _environment(remote) | {"GIT_DIR": str(folder)} | (extra or {})
    process = subprocess.Popen(
        ["git", *_options(remote), *arguments],
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=keep,
    )
    try:
        output, errors = process.communicate(data, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise RepoError(f"git {arguments[0]} took longer than {timeout:g} s and was stopped") from None
    finally:
        _end(process)
    if process.returncode:
        raise GitFailed(redact(errors.decode("utf-8", "replace")))
    return output.decode("utf-8", "surrogateescape")


class GitFailed(Exception):
    """Git said no; the text is its own error output, redacted."""


def write_askpass(folder: Path) -> None:
    """Puts the askpass script there; it holds no secret."""
    script = folder / "askpass"
    if script.exists():
        return
    descriptor, part = tempfile.mkstemp(dir=folder)
    with open(descriptor, "w") as file:
        file.write(ASKPASS)
    os.chmod(part, 0o700)
    os.replace(part, script)


def askpass(remote: Remote, script: Path) -> dict[str, str]:
    """The environment that answers git's two questions about this remote, and no other."""
    if not remote.token:
        return {}
    parts = urlsplit(remote.url)
    host = parts.netloc.rpartition("@")[2]
    return {
        "GIT_ASKPASS": str(script),
        "ASKFIRST_ASK_LOGIN": f"Username for '{parts.scheme}://{host}': ",
        "ASKFIRST_ASK_TOKEN": f"Password for '{parts.scheme}://x-access-token@{host}': ",
        "ASKFIRST_GIT_TOKEN": remote.token,
    }


def _options(remote: Remote | None) -> list[str]:
    options = [part for name, value in SAFE.items() for part in ("-c", f"{name}={value}")]
    if remote and remote.token:
        options += ["-c", "credential.helper="]
    return options


def _environment(remote: Remote | None) -> dict[str, str]:
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ALLOW_PROTOCOL": remote.allowed if remote else "none",
    }
    environment |= _origin(remote) if remote else {}
    handed_on = NETWORK + (OPERATORS if remote and remote.plain else ())
    environment |= {name: os.environ[name] for name in handed_on if name in os.environ}
    if remote and remote.plain:
        return environment
    nothing = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent"}
    return environment | nothing


def _origin(remote: Remote) -> dict[str, str]:
    """The remote by name, so that its address is in no argument and no file; its contents are fetched when needed.

    https://git-scm.com/docs/partial-clone
    """
    settings = {"url": remote.url, "promisor": "true", "partialclonefilter": PARTIAL}
    pairs = [(f"remote.{ORIGIN}.{name}", value) for name, value in settings.items()]
    numbered = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, pair in enumerate(pairs)
        for part, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return {"GIT_CONFIG_COUNT": str(len(pairs)), **numbered}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Git's helpers (git-remote-https) are in its session; they end with it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()
