"""Branch names: what we take is what git takes."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.branches import branch_name_error

PIECES = ["a", "B", "0", "é", "日", "/", ".", "..", "@", "{", "@{", "@{-1}", "-", "--", ".lock", "lock", "~", "^", ":",
          "?", "*", "[", "]", "\\", " ", "\t", "\x1f", "\x7f", "\x80", "\xa0", "HEAD", "refs/heads/", "#", "'", "$(x)",
          "main", "askfirst"]  # fmt: skip
NAMES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


def git_takes(name: str) -> bool:
    """https://git-scm.com/docs/git-check-ref-format"""
    checks = (
        ["git", "check-ref-format", f"refs/heads/{name}"],
        ["git", "check-ref-format", "--branch", name],
    )
    return all(subprocess.run(check, capture_output=True, check=False).returncode == 0 for check in checks)


@settings(max_examples=150, deadline=None)
@given(NAMES)
@example("-x")
@example("HEAD")
@example("@")
@example("a/@")
@example("a./b")
@example("a.lock/b")
@example("a/.b")
@example("refs/heads/a")
def test_git_decides(name: str) -> None:
    assert (branch_name_error(name) is None) == git_takes(name), repr(name)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 201, "é" * 101])
def test_what_git_cannot_be_asked_or_could_not_store(name: str) -> None:
    assert branch_name_error(name)
