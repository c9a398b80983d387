"""What follows a push: pull requests move on, close or count as merged, and named issues close."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..changes import files_of
from ..diffs import moved
from ..merging import bring, contains
from ..state import Actor, Repository
from ..state_pulls import Place, PullRequest, Thread
from .issues import emit, mark_closed

if TYPE_CHECKING:
    from ..fake import FakeGitHub

# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
CLOSING = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+([\w.-]+/[\w.-]+)?#(\d+)\b", re.IGNORECASE
)


def follow(
    fake: FakeGitHub,
    actor: Actor,
    repository: Repository,
    branch: str,
    old: str | None,
    new: str | None,
    messages: list[str],
) -> None:
    """Carry on after a branch went from `old` to `new`, None standing for no branch."""
    every = [pull for one in list(fake.repositories.values()) for pull in one.pulls.values()]
    for pull in [pull for pull in every if pull.state == "open"]:
        is_head = pull.head_repository is repository and pull.head_ref == branch
        is_base = pull.repository is repository and pull.base_ref == branch
        if (is_head or is_base) and new is None:
            mark_closed(fake, actor, pull)
        elif is_head and new:
            synchronize(fake, actor, pull, new)
        elif is_base and new and contains(repository.git, new, pull.head_sha):
            mark_merged(fake, actor, pull)
    if new and branch == repository.git.default_branch:
        for message in messages:
            close_named(fake, actor, repository, message)


def synchronize(fake: FakeGitHub, actor: Actor, pull: PullRequest, head: str) -> None:
    before = pull.head_sha
    set_head(pull, head)
    pull.updated_at = fake.clock()
    for thread in pull.threads:
        _move(thread, before)
    emit(fake, actor, "synchronize", pull, before=before, after=head)


def set_head(pull: PullRequest, head: str) -> None:
    """Let a pull request show this commit, against what its base is now."""
    git = pull.repository.git
    bring(git, pull.head_repository.git, head, f"refs/pull/{pull.number}/head")
    pull.head_sha = head
    pull.base_sha = git.refs().get(f"refs/heads/{pull.base_ref}", pull.base_sha)


def mark_merged(fake: FakeGitHub, actor: Actor, pull: PullRequest) -> None:
    pull.merged_at, pull.merged_by, pull.draft = fake.clock(), actor.account, False
    mark_closed(fake, actor, pull)
    if pull.base_ref == pull.repository.git.default_branch:
        close_named(fake, actor, pull.repository, pull.body or "")


def close_named(fake: FakeGitHub, actor: Actor, repository: Repository, text: str) -> None:
    """Close the open issues of this repository that closing keywords name."""
    for name, number in CLOSING.findall(text):
        issue = repository.issues.get(int(number))
        if issue and issue.state == "open" and name.lower() in ("", repository.full_name.lower()):
            mark_closed(fake, actor, issue)


def _move(thread: Thread, before: str) -> None:
    """Keep a comment with its line, or mark it outdated when the line was changed or left the diff."""
    pull, place = thread.pull, thread.place
    if place is None:
        return
    thread.place = _moved(pull, place, before)
    if thread.place:
        thread.commit = pull.head_sha


def _moved(pull: PullRequest, place: Place, before: str) -> Place | None:
    file = next((file for file in files_of(pull) if file.path == place.path), None)
    if file is None:
        return None
    if place.line is None:
        return place
    numbers: list[int | None] = [place.line, place.start_line]
    if place.side == "RIGHT":
        git = pull.repository.git
        numbers = [number and moved(git, before, pull.head_sha, place.path, number) for number in numbers]
    line, start = numbers
    if line is None or file.find(place.side, line) is None:
        return None
    return replace(place, line=line, start_line=start)
