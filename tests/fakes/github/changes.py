"""What a pull request changes: its files, its commits, and whether it can be merged."""

from __future__ import annotations

from .diffs import FileDiff, diff
from .merging import merge_base, merged_tree
from .state_pulls import PullRequest


def files_of(pull: PullRequest) -> tuple[FileDiff, ...]:
    """The diff that GitHub shows: from where the branch left its base to its head."""
    git = pull.repository.git
    return diff(git, merge_base(git, pull.base_sha, pull.head_sha), pull.head_sha)


def commits_of(pull: PullRequest) -> list[dict[str, str]]:
    """Rows of `BareRepository.log`, oldest first."""
    return pull.repository.git.log("--reverse", f"{pull.base_sha}..{pull.head_sha}")


def mergeable(pull: PullRequest) -> bool | None:
    """None when it is closed."""
    base = pull.repository.git.refs().get(f"refs/heads/{pull.base_ref}")
    if pull.state != "open" or base is None:
        return None
    return merged_tree(pull.repository.git, base, pull.head_sha) is not None
