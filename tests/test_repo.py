"""Clones and checkouts: of real repositories, of hostile ones, and what is said when there is nothing to read."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.sandbox import git as git_module
from bot.sandbox.git import Remote, RepoError, git, redact
from bot.sandbox.remotes import last_line, remote_head
from bot.sandbox.repo import checkout, fetch, resolve

TOKEN = "ghs_123_" + "a" * 60
WHO = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]


def run_git(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *WHO, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--message=work", "--allow-empty")
    return run_git(folder, "rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "origin"
    folder.mkdir()
    run_git(folder, "init", "--quiet")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def plain(folder: Path) -> Remote:
    return Remote(str(folder), plain=True)


def reason(call: object, *arguments: object) -> str:
    with pytest.raises(RepoError) as caught:
        call(*arguments)  # type: ignore[operator]
    assert "\n" not in caught.value.reason
    return caught.value.reason


def test_a_checkout_is_the_tree_and_nothing_else(origin: Path, home: Path, tmp_path: Path) -> None:
    first = commit(origin, a="one\n")
    assert remote_head(home, plain(origin)).commit == first
    assert remote_head(home, plain(origin)).branch == "main"
    mirror = fetch(home, "prj_1", plain(origin))
    assert checkout(mirror, "main", tmp_path / "out") == first
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


def test_a_mirror_follows_its_origin(origin: Path, home: Path, tmp_path: Path) -> None:
    first = commit(origin, a="one\n")
    run_git(origin, "tag", "v1")
    mirror = fetch(home, "prj_1", plain(origin))
    second = commit(origin, a="two\n")
    run_git(origin, "branch", "side", first)
    assert fetch(home, "prj_1", plain(origin)) == mirror
    found = [resolve(mirror, ref) for ref in ("main", "side", "v1", second[:10], first)]
    assert found == [second, first, first, second, first]
    # a force push, and a branch that is gone
    run_git(origin, "reset", "--hard", "--quiet", "v1")
    run_git(origin, "branch", "--delete", "--force", "side")
    fetch(home, "prj_1", plain(origin))
    assert resolve(mirror, "main") == first
    assert "no branch, tag or commit 'side'" in reason(resolve, mirror, "side")


def test_two_fetches_at_once_do_not_disturb_each_other(origin: Path, home: Path) -> None:
    commit(origin, a="one\n")
    with ThreadPoolExecutor(4) as pool:
        mirrors = list(pool.map(lambda _: fetch(home, "prj_1", plain(origin)), range(4)))
    assert len(set(mirrors)) == 1


def test_an_empty_repository(origin: Path, home: Path) -> None:
    assert "is empty: it has no commit" in reason(remote_head, home, plain(origin))


def test_a_missing_repository(home: Path, tmp_path: Path) -> None:
    assert "is missing" in reason(remote_head, home, plain(tmp_path / "absent"))
    assert "is missing" in reason(fetch, home, "prj_1", plain(tmp_path / "absent"))


@pytest.mark.parametrize("ref", ["absent", "--all", "main~1", "HEAD:a", "../main", "", "@", "a b"])
def test_an_unknown_ref(origin: Path, home: Path, tmp_path: Path, ref: str) -> None:
    commit(origin, a="one\n")
    mirror = fetch(home, "prj_1", plain(origin))
    assert "there is no branch, tag or commit" in reason(checkout, mirror, ref, tmp_path / "out")


@pytest.mark.parametrize(
    "url", ["ext::sh -c id", "git@example.com:o/r", "file:///etc", "/etc", "-u", "ftp://x/y"]
)
def test_only_http_for_repositories_of_others(url: str) -> None:
    assert "only https and http are supported" in reason(Remote, url)


@pytest.mark.parametrize("url", ["ext::sh -c id", "fd::3", "--upload-pack=id"])
def test_protocols_that_run_programs_are_refused(url: str) -> None:
    assert "are supported" in reason(lambda: Remote(url, plain=True))


def test_nothing_of_a_hostile_repository_runs(
    origin: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filters, hooks, submodules, links: the files are written as they are stored."""
    mark = tmp_path / "ran"
    config = tmp_path / ".gitconfig"
    config.write_text(
        f'[filter "evil"]\n\tsmudge = touch {mark}\n\tclean = cat\n[core]\n\thooksPath = {tmp_path}\n'
    )
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (tmp_path / hook).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (tmp_path / hook).chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    (origin / "out").symlink_to("/etc/passwd")
    files = {
        ".gitattributes": "* filter=evil\n",
        ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::id\n',
    }
    commit(origin, a="one\n", **files)
    mirror = fetch(home, "prj_1", plain(origin))
    checkout(mirror, "main", tmp_path / "checkout")
    assert not mark.exists()
    assert (tmp_path / "checkout" / "a").read_text() == "one\n"
    assert (tmp_path / "checkout" / "out").is_symlink()


def test_a_call_that_hangs_is_stopped(home: Path) -> None:
    with listening(Silent) as url:
        assert "took longer than 0.3 s" in reason(fetch, home, "prj_1", Remote(url), 0.3)


class Handler(BaseHTTPRequestHandler):
    """A git server that wants a login, and remembers which ones it was given."""

    seen: list[str]
    status = 401
    location = ""

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization", ""))
        self.send_response(self.status)
        if self.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        if self.location:
            self.send_header("Location", self.location + self.path)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Silent(Handler):
    released = threading.Event()

    def do_GET(self) -> None:
        self.released.wait(10)


class listening:
    """A server on this machine for the time of a `with`; gives its URL."""

    def __init__(self, handler: type[Handler], status: int = 401, location: str = "") -> None:
        self.seen: list[str] = []
        kind = type("Kind", (handler,), {"seen": self.seen, "status": status, "location": location})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
        self.server.daemon_threads = True

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/o/r.git"

    def __exit__(self, *error: object) -> None:
        Silent.released.set()
        self.server.shutdown()
        self.server.server_close()


def login(token: str) -> str:
    return "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()


def test_a_repository_without_rights(home: Path) -> None:
    with listening(Handler) as url:
        assert "we have no rights" in reason(remote_head, home, Remote(url))
        assert "we have no rights" in reason(remote_head, home, Remote(url, TOKEN))
    with listening(Handler, status=403) as url:
        assert "we have no rights" in reason(remote_head, home, Remote(url, TOKEN))
    with listening(Handler, status=404) as url:
        assert "is missing" in reason(remote_head, home, Remote(url, TOKEN))


def test_a_host_that_does_not_answer(home: Path) -> None:
    with listening(Handler) as url:
        pass
    assert "cannot be reached" in reason(remote_head, home, Remote(url))


def test_what_git_advises_is_not_the_reason() -> None:
    advice = "Please make sure you have the correct access rights\nand the repository exists."
    said = f"fatal: Could not read from remote repository.\n\n{advice}"
    assert last_line(said) == "fatal: Could not read from remote repository."


def test_the_token_is_given_when_asked_for(home: Path) -> None:
    server = listening(Handler)
    with server as url:
        reason(remote_head, home, Remote(url, TOKEN))
    assert login(TOKEN) in server.seen


def test_the_token_is_not_given_to_another_host(home: Path) -> None:
    thief = listening(Handler)
    with thief as elsewhere:
        server = listening(Handler, status=302, location=elsewhere.removesuffix("/o/r.git"))
        with server as url:
            reason(remote_head, home, Remote(url, TOKEN))
    assert thief.seen
    assert not any(thief.seen)


def test_the_token_is_in_no_argument_no_file_and_no_message(
    origin: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    real = subprocess.Popen

    def record(arguments: list[str], **options: object) -> subprocess.Popen[bytes]:
        started.append(arguments)
        return real(arguments, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(git_module.subprocess, "Popen", record)
    with listening(Handler) as url:
        said = reason(fetch, home, "prj_1", Remote(url, TOKEN))
    written = [file.read_text(errors="replace") for file in home.rglob("*") if file.is_file()]
    assert started
    assert written
    assert TOKEN not in repr([said, started, written, Remote(url, TOKEN)])


def test_logins_and_tokens_are_redacted() -> None:
    said = f"fatal: unable to access 'https://me:pw@example.com/r': {TOKEN} refused"
    assert redact(said) == "fatal: unable to access 'https://[login]@example.com/r': [token] refused"


def test_the_login_in_a_url_is_in_no_reason(home: Path) -> None:
    with listening(Handler, status=404) as url:
        remote = Remote(url.replace("//", "//me:hunter2@"), plain=True)
        assert "hunter2" not in reason(remote_head, home, remote)


def test_names_of_clones_stay_in_their_folder(home: Path, origin: Path) -> None:
    for key in ("../x", "", ".git", "a/b"):
        with pytest.raises(ValueError, match="not a name"):
            fetch(home, key, plain(origin))


def test_git_reads_no_configuration_but_ours(
    home: Path, origin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(origin, a="one\n")
    mirror = fetch(home, "prj_1", plain(origin))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "alias.evil")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "!id")
    shown = git(["config", "--list", "--show-scope"], mirror, 10)
    assert {line.split()[0] for line in shown.splitlines()} == {"command", "local"}
    assert "evil" not in shown
