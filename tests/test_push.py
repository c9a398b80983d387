"""Pushing: to exactly one branch, never forced, and what is said when it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import push as push_module
from bot.sandbox.changes import one_file
from bot.sandbox.commits import commit
from bot.sandbox.git import Remote, RepoError
from bot.sandbox.push import LostRace, Protected, PushRefused, push, remote_branch
from bot.sandbox.repo import fetch
from tests.fakes.github import serve
from tests.test_fake_github import Shop
from tests.test_repo import commit as commit_in
from tests.test_repo import run_git

WHO = ("Askfirst", "askfirst@example.com")


class Bare:
    """A bare repository on disk, and our mirror of it."""

    def __init__(self, folder: Path) -> None:
        work = folder / "work"
        work.mkdir()
        run_git(work, "init", "--quiet")
        self.base = commit_in(work, a="one\n")
        run_git(folder, "clone", "--quiet", "--bare", str(work), "bare.git")
        self.path = folder / "bare.git"
        self.home = folder / "home"
        self.remote = Remote(str(self.path), plain=True)
        self.mirror = fetch(self.home, "prj", self.remote)

    def commit(self, name: str = "b", parent: str | None = None) -> str:
        return commit(self.mirror, parent or self.base, one_file(name, b"x\n"), "Work", *WHO, 1_800_000_000)

    def push(self, commit: str, expected: str | None, branch: str = "askfirst/wc_1") -> None:
        push(self.mirror, self.remote, branch, commit, expected)

    def at(self, branch: str = "askfirst/wc_1") -> str | None:
        return remote_branch(self.home, self.remote, branch)

    def refs(self) -> set[str]:
        return set(run_git(self.path, "for-each-ref", "--format=%(refname)").splitlines())

    def hook(self, script: str) -> None:
        hook = self.path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{script}\n")
        hook.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(tmp_path)


def test_a_branch_is_made_and_continued_and_nothing_else_moves(bare: Bare) -> None:
    assert bare.at() is None
    first = bare.commit()
    second = bare.commit("c", first)
    bare.push(first, None)
    bare.push(second, first)
    assert bare.at() == second
    assert bare.at("main") == bare.base
    assert bare.refs() == {"refs/heads/main", "refs/heads/askfirst/wc_1"}


def test_the_same_push_again_is_done_already(bare: Bare) -> None:
    first = bare.commit()
    bare.push(first, None)
    bare.push(first, None)
    second = bare.commit("c", first)
    bare.push(second, first)
    bare.push(second, first)
    assert bare.at() == second


def test_a_longer_name_that_ends_like_ours_is_another_branch(bare: Bare) -> None:
    run_git(bare.path, "branch", "theirs/refs/heads/askfirst/wc_1", "main")
    assert bare.at() is None


@pytest.mark.parametrize("expected_there", [True, False])
def test_somebody_elses_branch_is_left_alone(bare: Bare, expected_there: bool) -> None:
    theirs = bare.commit("theirs")
    bare.push(theirs, None)
    with pytest.raises(LostRace) as lost:
        bare.push(bare.commit(), bare.base if expected_there else None)
    assert lost.value.actual == theirs
    assert bare.at() == theirs


def test_a_branch_that_was_deleted_is_a_lost_race_too(bare: Bare) -> None:
    first = bare.commit()
    with pytest.raises(LostRace, match="not there any more") as lost:
        bare.push(bare.commit("c", first), first)
    assert lost.value.actual is None


def test_a_race_lost_between_the_look_and_the_push(bare: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    first, theirs = bare.commit(), bare.commit("theirs")
    bare.push(first, None)
    run_git(bare.path, "fetch", "--quiet", str(bare.mirror), theirs)
    git_at = push_module.git_at

    def somebody_is_faster(*arguments: Any) -> str:
        run_git(bare.path, "update-ref", "refs/heads/askfirst/wc_1", theirs)
        return git_at(*arguments)

    monkeypatch.setattr(push_module, "git_at", somebody_is_faster)
    with pytest.raises(LostRace) as lost:
        bare.push(bare.commit("c", first), first)
    assert lost.value.actual == theirs
    assert bare.at() == theirs


def test_a_commit_that_does_not_continue_the_branch_is_never_forced(bare: Bare) -> None:
    first = bare.commit()
    bare.push(first, None)
    with pytest.raises(PushRefused, match="nothing is ever forced"):
        bare.push(bare.commit("other"), first)
    assert bare.at() == first


@pytest.mark.parametrize("branch", ["-x", "a..b", "+main", "main:other", ""])
def test_names_that_would_be_something_else(bare: Bare, branch: str) -> None:
    if branch == "+main":  # git takes this name; it must be a branch, not an order to force
        bare.push(bare.commit(), None, branch)
        assert bare.at("main") == bare.base
        return
    with pytest.raises(PushRefused, match="not a valid branch name"):
        bare.push(bare.commit(), None, branch)


@pytest.mark.parametrize(
    "code", ["GH006: Protected branch update failed", "GH013: Repository rule violations found"]
)
def test_a_protected_branch(bare: Bare, code: str) -> None:
    bare.hook(f"echo 'error: {code} for refs/heads/x.' >&2; exit 1")
    with pytest.raises(Protected, match=code):
        bare.push(bare.commit(), None)


def test_any_other_refusal_is_told_in_the_remotes_words(bare: Bare) -> None:
    bare.hook("echo 'Only on Mondays.' >&2; exit 1")
    with pytest.raises(PushRefused, match="Only on Mondays"):
        bare.push(bare.commit(), None)


def test_the_branch_that_a_plain_repository_has_checked_out(bare: Bare, tmp_path: Path) -> None:
    remote = Remote(str(tmp_path / "work"), plain=True)
    with pytest.raises(PushRefused, match="refused"):
        push(bare.mirror, remote, "main", bare.commit(), bare.base)


def test_a_remote_that_is_gone(bare: Bare, tmp_path: Path) -> None:
    with pytest.raises(RepoError, match="is missing"):
        push(bare.mirror, Remote(str(tmp_path / "absent"), plain=True), "x", bare.base, None)


def test_no_hook_of_the_mirror_runs(bare: Bare) -> None:
    hooks = bare.mirror / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "reference-transaction", "post-index-change"):
        (hooks / name).write_text("#!/bin/sh\ntouch ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    bare.push(bare.commit(), None)
    assert not (bare.mirror / "ran").exists()


def test_over_http_with_a_token_and_what_github_refuses(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "github")
    server = serve(shop.fake)
    try:
        shop.repo.private = True
        remote = Remote(f"{server.url}/mona/shop.git", token=shop.token(permissions={"contents": "write"}))
        home = tmp_path / "home"
        mirror = fetch(home, "prj", remote)
        base = remote_branch(home, remote, "main")
        assert base
        work = commit(mirror, base, one_file("new.py", b"x = 1\n"), "New", *WHO)
        push(mirror, remote, "askfirst/wc_1", work, None)
        assert remote_branch(home, remote, "askfirst/wc_1") == work
        push(mirror, remote, "askfirst/wc_1", work, None)
        assert [one["ref"] for one in [shop.last("push")]] == ["refs/heads/askfirst/wc_1"]
        shop.repo.protect("one")
        shop.repo.add_ruleset("two")
        for branch, code in [("one", "GH006"), ("two", "GH013")]:
            with pytest.raises(Protected, match=code):
                push(mirror, remote, branch, work, None)
        flow = commit(mirror, work, one_file(".github/workflows/a.yml", b"on: push\n"), "CI", *WHO)
        with pytest.raises(PushRefused, match="without `workflows` permission"):
            push(mirror, remote, "askfirst/wc_1", flow, work)
        reader = Remote(remote.url, token=shop.token(permissions={"contents": "read"}))
        with pytest.raises(PushRefused, match="Write access to repository not granted"):
            push(mirror, reader, "askfirst/wc_2", work, None)
        assert remote_branch(home, remote, "askfirst/wc_1") == work
    finally:
        server.stop()
