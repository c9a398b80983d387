"""Pull requests in JSON: short as lists and review events have them, and full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..changes import commits_of, files_of
from ..state import Repository
from ..state_pulls import PullRequest
from .accounts import node_id, stamp, user_json
from .issues import issue_page, label_json
from .repositories import association, repository_json

if TYPE_CHECKING:
    from ..world import World


def pull_json(fake: World, pull: PullRequest) -> dict[str, Any]:
    """Without `merge_commit_sha` and `assignee`, which the next version of the API no longer has."""
    repository = f"{fake.api_url}/repos/{pull.repository.full_name}"
    page = issue_page(fake, pull)
    links = _links(repository, page, pull)
    urls = {f"{name}_url": link for name, link in links.items() if name not in ("self", "html")}
    return {
        "url": links["self"],
        "id": pull.pull_id,
        "node_id": node_id("PR", pull.pull_id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        **urls,
        "number": pull.number,
        "state": pull.state,
        "locked": pull.locked,
        "active_lock_reason": pull.lock_reason,
        "title": pull.title,
        "user": user_json(fake, pull.user),
        "body": pull.body,
        "labels": [label_json(fake, pull.repository, label) for label in pull.labels],
        "assignees": [user_json(fake, account) for account in pull.assignees],
        "requested_reviewers": [],
        "requested_teams": [],
        "milestone": None,
        "created_at": stamp(pull.created_at),
        "updated_at": stamp(pull.updated_at),
        "closed_at": stamp(pull.closed_at),
        "merged_at": stamp(pull.merged_at),
        "head": _end(fake, pull.head_repository, pull.head_ref, pull.head_sha),
        "base": _end(fake, pull.repository, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": link} for name, link in links.items()},
        "author_association": association(pull.repository, pull.user),
        "auto_merge": None,
        "draft": pull.draft,
    }


def full_pull_json(fake: World, pull: PullRequest, mergeable: bool | None = None) -> dict[str, Any]:
    """`mergeable` None means not worked out yet, as in events."""
    files = files_of(pull)
    state = (
        "unknown" if mergeable is None else "dirty" if not mergeable else "draft" if pull.draft else "clean"
    )
    return pull_json(fake, pull) | {
        "merged": pull.merged_at is not None,
        "merged_by": pull.merged_by and user_json(fake, pull.merged_by),
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": state,
        "comments": len(pull.comments),
        "review_comments": len(pull.review_comments),
        "maintainer_can_modify": False,
        "commits": len(commits_of(pull)),
        "additions": sum(file.count("+") for file in files),
        "deletions": sum(file.count("-") for file in files),
        "changed_files": len(files),
    }


def pull_mention(fake: World, pull: PullRequest) -> dict[str, Any]:
    """As check runs name a pull request."""
    ends = (
        ("head", pull.head_repository, pull.head_ref, pull.head_sha),
        ("base", pull.repository, pull.base_ref, pull.base_sha),
    )
    return {
        "url": f"{fake.api_url}/repos/{pull.repository.full_name}/pulls/{pull.number}",
        "id": pull.pull_id,
        "number": pull.number,
        **{
            end: {
                "ref": ref,
                "sha": sha,
                "repo": {
                    "id": repository.id,
                    "url": f"{fake.api_url}/repos/{repository.full_name}",
                    "name": repository.name,
                },
            }
            for end, repository, ref, sha in ends
        },
    }


def _end(fake: World, repository: Repository, ref: str, sha: str) -> dict[str, Any]:
    there = repository.id in fake.repositories
    return {
        "label": f"{repository.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user_json(fake, repository.owner) if there else None,
        "repo": repository_json(fake, repository) if there else None,
    }


def _links(repository: str, page: str, pull: PullRequest) -> dict[str, str]:
    url, issue = f"{repository}/pulls/{pull.number}", f"{repository}/issues/{pull.number}"
    return {
        "self": url,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{repository}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{repository}/statuses/{pull.head_sha}",
    }
