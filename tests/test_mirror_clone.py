"""The mirror of a repository: contents on demand, two workers at once, and what a kill leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.sandbox.changes import one_file
from bot.sandbox.commits import commit
from bot.sandbox.git import ORIGIN, Remote, RepoError, git
from bot.sandbox.push import push, remote_branch
from bot.sandbox.repo import checkout, complete, fetch, file_at
from bot.sandbox.scratch import PREFIX, scratch
from tests.test_repo import Silent, home, listening, origin, plain, reason, run_git
from tests.test_repo import commit as commit_in

__all__ = ["home", "origin"]  # fixtures

WHO = ("Askfirst", "askfirst@example.com")
OLD = "old\n" * 1000


@pytest.fixture
def frugal(origin: Path) -> Path:
    """An origin that gives contents on demand, as GitHub does, with one that nobody needs any more."""
    run_git(origin, "config", "uploadpack.allowFilter", "true")
    commit_in(origin, big=OLD)
    commit_in(origin, big="new\n", other="x\n")
    return origin


def has(mirror: Path, name: str) -> bool:
    """Whether the mirror has this object, without asking anybody for it."""
    return "missing" not in git(["cat-file", "--batch-check"], mirror, 10, data=f"{name}\n".encode())


def blob(folder: Path, name: str) -> str:
    return run_git(folder, "rev-parse", name)


def test_only_what_is_looked_at_is_fetched(frugal: Path, home: Path, tmp_path: Path) -> None:
    mirror = fetch(home, "prj", plain(frugal))
    old, new = blob(frugal, "HEAD~1:big"), blob(frugal, "HEAD:big")
    assert not has(mirror, old) and not has(mirror, new)
    head = blob(frugal, "HEAD")
    complete(mirror, plain(frugal), head)
    assert has(mirror, new) and not has(mirror, old)
    assert checkout(mirror, "main", tmp_path / "out") == head
    assert (tmp_path / "out" / "big").read_text() == "new\n" and file_at(mirror, head, "other") == "x\n"
    complete(mirror, plain(frugal), blob(frugal, "HEAD~1"))
    assert has(mirror, old)


def test_what_is_committed_on_top_of_names_alone_is_pushed(frugal: Path, home: Path) -> None:
    remote, base = plain(frugal), blob(frugal, "HEAD")
    mirror = fetch(home, "prj", remote)
    made = commit(mirror, base, one_file("big", b"newer\n"), "Work", *WHO)
    push(mirror, remote, "side", made, None)
    assert remote_branch(home, remote, "side") == made
    assert run_git(frugal, "show", "side:big") == "newer" and run_git(frugal, "show", "side:other") == "x"
    assert run_git(frugal, "fsck", "--strict") == ""


def test_a_mirror_is_packed_now_and_then_and_keeps_what_is_not_pushed_yet(
    frugal: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = plain(frugal)
    mirror = fetch(home, "prj", remote)
    made = commit(mirror, blob(frugal, "HEAD"), one_file("mine", b"x\n"), "Work", *WHO)
    monkeypatch.setattr("bot.sandbox.repo.TIDY", ["gc", "--quiet"])
    for number in range(3):
        commit_in(frugal, other=f"{number}\n")
        fetch(home, "prj", remote)
    assert len(list((mirror / "objects" / "pack").glob("*.pack"))) <= 2
    complete(mirror, remote, made)
    assert file_at(mirror, made, "mine") == "x\n" and file_at(mirror, made, "big") == "new\n"


def test_the_address_is_in_no_file_of_the_mirror(frugal: Path, home: Path) -> None:
    mirror = fetch(home, "prj", plain(frugal))
    complete(mirror, plain(frugal), blob(frugal, "HEAD"))
    assert str(frugal) not in (mirror / "config").read_text()
    assert ORIGIN not in git(["remote"], mirror, 10)


def test_locks_of_a_killed_git_do_not_stop_the_next_one(frugal: Path, home: Path) -> None:
    mirror = fetch(home, "prj", plain(frugal))
    for left in ("packed-refs.lock", "refs/heads/main.lock", "config.lock"):
        (mirror / left).touch()
    (mirror / "objects" / "pack" / "tmp_pack_abc").write_bytes(b"half")
    head = commit_in(frugal, other="y\n")
    run_git(frugal, "branch", "gone")
    fetch(home, "prj", plain(frugal))
    run_git(frugal, "branch", "--delete", "gone")
    fetch(home, "prj", plain(frugal))
    assert git(["rev-parse", "main"], mirror, 10).strip() == head
    assert list(mirror.glob("**/*.lock")) == []


def test_a_clone_that_was_killed_half_way_is_made_whole(frugal: Path, home: Path, tmp_path: Path) -> None:
    mirror = home / "clones" / "prj.git"
    (mirror / "objects").mkdir(parents=True)
    (mirror / "config").write_text("")
    assert fetch(home, "prj", plain(frugal)) == mirror
    complete(mirror, plain(frugal), blob(frugal, "HEAD"))
    assert checkout(mirror, "main", tmp_path / "out") == blob(frugal, "HEAD")


def test_as_long_as_its_git_lives_a_killed_fetch_holds_the_mirror(home: Path) -> None:
    Silent.released.clear()
    asked = threading.Event()

    class Reached(Silent):
        def do_GET(self) -> None:
            asked.set()
            super().do_GET()

    with listening(Reached) as url:
        call = f"from bot.sandbox.repo import *; fetch(Path({str(home)!r}), 'prj', Remote({url!r}))"
        worker = subprocess.Popen([sys.executable, "-c", call])
        assert asked.wait(20)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        assert "another fetch of it took longer" in reason(fetch, home, "prj", Remote(url), 0.3)
        Silent.released.set()


def test_the_folders_of_a_killed_worker_are_swept_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = tmp_path / f"{PREFIX}{dead.pid}-checkout-abc"
    left.mkdir()
    with scratch("checkout") as mine:
        assert mine.is_dir() and not left.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("entry", ["../up", ".git", "a/../b", ".GIT"])
def test_a_tree_that_would_be_written_elsewhere_is_not(
    origin: Path, home: Path, tmp_path: Path, entry: str
) -> None:
    commit_in(origin, a="one\n")
    made, mode = blob(origin, "HEAD:a"), b"100644"
    for name in reversed(entry.split("/")):
        tree = b"%s %s\0%s" % (mode, name.encode(), bytes.fromhex(made))
        literally = ["hash-object", "-t", "tree", "--literally", "-w", "--stdin"]
        made, mode = git(literally, origin / ".git", 10, data=tree).strip(), b"40000"
    evil = run_git(origin, "commit-tree", made, "-m", "evil")
    run_git(origin, "branch", "evil", evil)
    mirror = fetch(home, "prj", plain(origin))
    complete(mirror, plain(origin), evil)
    with pytest.raises(RepoError, match=r"cannot be checked out: .*invalid path"):
        checkout(mirror, "evil", tmp_path / "out" / "deep")
    assert not (tmp_path / "out" / "up").exists()
