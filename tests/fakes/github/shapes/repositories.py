"""Repositories in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..state import ROLES, Account, Repository
from .accounts import node_id, stamp, user_json

if TYPE_CHECKING:
    from ..world import World

LINKS = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "contributors": "contributors",
    "deployments": "deployments",
    "downloads": "downloads",
    "events": "events",
    "forks": "forks",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "hooks": "hooks",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "languages": "languages",
    "merges": "merges",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "stargazers": "stargazers",
    "statuses": "statuses/{sha}",
    "subscribers": "subscribers",
    "subscription": "subscription",
    "tags": "tags",
    "teams": "teams",
    "trees": "git/trees{/sha}",
}
NOUGHT = (
    "size",
    "stargazers_count",
    "watchers_count",
    "watchers",
    "forks_count",
    "forks",
    "network_count",
    "subscribers_count",
)
NEVER = (
    "has_projects",
    "has_wiki",
    "has_pages",
    "has_discussions",
    "disabled",
    "is_template",
    "web_commit_signoff_required",
)
ABSENT = ("homepage", "language", "mirror_url", "license")


def short_repository_json(repository: Repository) -> dict[str, Any]:
    """As installation events list them."""
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
    }


def repository_json(fake: World, repository: Repository) -> dict[str, Any]:
    url = f"{fake.api_url}/repos/{repository.full_name}"
    page = f"{fake.server_url}/{repository.full_name}"
    numbered = [*repository.issues.values(), *repository.pulls.values()]
    open_issues = sum(one.state == "open" for one in numbered)  # pull requests count, as on GitHub
    created = stamp(repository.created_at)
    return short_repository_json(repository) | {
        "owner": user_json(fake, repository.owner),
        "description": repository.description,
        "url": url,
        "html_url": page,
        "clone_url": f"{page}.git",
        "git_url": f"{page}.git",
        "svn_url": page,
        "ssh_url": f"git@github.test:{repository.full_name}.git",
        **{f"{name}_url": f"{url}/{end}" for name, end in LINKS.items()},
        **dict.fromkeys(NOUGHT, 0),
        **dict.fromkeys(NEVER, False),
        **dict.fromkeys(ABSENT),
        "fork": repository.parent is not None,
        "has_issues": repository.has_issues,
        "has_downloads": True,
        "archived": repository.archived,
        "visibility": "private" if repository.private else "public",
        "topics": [],
        "custom_properties": {},
        "open_issues": open_issues,
        "open_issues_count": open_issues,
        "default_branch": repository.git.default_branch,
        "created_at": created,
        "updated_at": created,
        "pushed_at": stamp(repository.pushed_at) or created,
    }


def permissions_json(role: str) -> dict[str, bool]:
    """GitHub's five booleans for a role."""
    rank = ROLES.index(role)
    words = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
    return {word: rank >= ROLES.index(needed) for word, needed in words.items()}


def association(repository: Repository, account: Account) -> str:
    """The author_association of what this account writes here."""
    if account is repository.owner:
        return "OWNER"
    if account.login in repository.owner.members:
        return "MEMBER"
    return "COLLABORATOR" if account.login.lower() in repository.collaborators else "NONE"
