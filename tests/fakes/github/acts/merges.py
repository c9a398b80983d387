"""Merging a pull request by the button or by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..changes import commits_of
from ..errors import Refused
from ..merging import merged_tree, set_ref, write_commit
from ..state import Actor
from ..state_pulls import PullRequest
from .following import mark_merged
from .issues import require, unarchived
from .pushes import pushed

if TYPE_CHECKING:
    from ..fake import FakeGitHub

METHODS = ("merge", "squash")


def merge(
    fake: FakeGitHub,
    actor: Actor,
    pull: PullRequest,
    method: str = "merge",
    title: str | None = None,
    message: str | None = None,
    sha: str | None = None,
) -> str:
    """Merge into the base branch; gives the sha of the commit. `sha` is what the head must be."""
    require(actor, pull.repository, "write")
    unarchived(pull.repository)
    git, ref = pull.repository.git, f"refs/heads/{pull.base_ref}"
    before = git.refs()
    tree = _tree(pull, before[ref], method, sha) if pull.state == "open" else None
    if tree is None:
        raise Refused(405, "Pull Request is not mergeable")
    parents = [before[ref]] if method == "squash" else [before[ref], pull.head_sha]
    author = f"{actor.account.login} <{actor.account.login}@users.noreply.github.test>"
    commit = write_commit(git, tree, parents, author, _text(pull, method, title, message))
    set_ref(git, ref, commit)
    mark_merged(fake, actor, pull)
    pushed(fake, actor, pull.repository, before)
    return commit


def _tree(pull: PullRequest, base: str, method: str, sha: str | None) -> str | None:
    if pull.draft:
        raise Refused(405, "Pull Request is still a draft")
    if method not in METHODS:
        raise Refused(405, f"Merge method {method} is not allowed on this repository")
    if sha not in (None, pull.head_sha):
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    return merged_tree(pull.repository.git, base, pull.head_sha)


def _text(pull: PullRequest, method: str, title: str | None, message: str | None) -> str:
    if method == "squash":
        head = f"{pull.title} (#{pull.number})"
        body = "\n\n".join(f"* {row['message'].strip()}" for row in commits_of(pull))
    else:
        head = f"Merge pull request #{pull.number} from {pull.head_label.replace(':', '/')}"
        body = pull.title
    return f"{title or head}\n\n{body if message is None else message}".rstrip()
