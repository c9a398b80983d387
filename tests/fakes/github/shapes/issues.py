"""Issues, comments, labels and reactions in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..state import REACTIONS, Comment, Issue, Label, Reaction, Repository
from ..state_pulls import PullRequest
from .accounts import app_json, node_id, stamp, user_json
from .repositories import association

if TYPE_CHECKING:
    from ..world import World


def issue_json(fake: World, issue: Issue) -> dict[str, Any]:
    """Without `assignee`, which the next version of the API no longer has."""
    repository = f"{fake.api_url}/repos/{issue.repository.full_name}"
    url = f"{repository}/issues/{issue.number}"
    return {
        "url": url,
        "repository_url": repository,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": issue_page(fake, issue),
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "user": user_json(fake, issue.user),
        "labels": [label_json(fake, issue.repository, label) for label in issue.labels],
        "state": issue.state,
        "state_reason": issue.state_reason,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "assignees": [user_json(fake, a) for a in issue.assignees],
        "milestone": None,
        "comments": len(issue.comments),
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": stamp(issue.closed_at),
        "closed_by": issue.closed_by and user_json(fake, issue.closed_by),
        "author_association": association(issue.repository, issue.user),
        "performed_via_github_app": issue.app and app_json(fake, issue.app),
        "reactions": reactions_summary(f"{url}/reactions", issue.reactions),
        **(_as_pull(fake, issue) if isinstance(issue, PullRequest) else {}),
    }


def comment_json(fake: World, comment: Comment) -> dict[str, Any]:
    issue = comment.issue
    repository = f"{fake.api_url}/repos/{issue.repository.full_name}"
    url = f"{repository}/issues/comments/{comment.id}"
    return {
        "url": url,
        "html_url": f"{issue_page(fake, issue)}#issuecomment-{comment.id}",
        "issue_url": f"{repository}/issues/{issue.number}",
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "user": user_json(fake, comment.user),
        "body": comment.body,
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.updated_at),
        "author_association": association(issue.repository, comment.user),
        "performed_via_github_app": comment.app and app_json(fake, comment.app),
        "reactions": reactions_summary(f"{url}/reactions", comment.reactions),
    }


def label_json(fake: World, repository: Repository, label: Label) -> dict[str, Any]:
    url = f"{fake.api_url}/repos/{repository.full_name}/labels/{quote(label.name, safe='')}"
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": url,
        "name": label.name,
        "color": label.color,
        "default": False,
        "description": label.description,
    }


def reaction_json(fake: World, reaction: Reaction) -> dict[str, Any]:
    return {
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": user_json(fake, reaction.user),
        "content": reaction.content,
        "created_at": stamp(reaction.created_at),
    }


def issue_page(fake: World, issue: Issue) -> str:
    kind = "pull" if isinstance(issue, PullRequest) else "issues"
    return f"{fake.server_url}/{issue.repository.full_name}/{kind}/{issue.number}"


def reactions_summary(url: str, reactions: list[Reaction]) -> dict[str, Any]:
    counts = {content: sum(r.content == content for r in reactions) for content in REACTIONS}
    return {"url": url, "total_count": len(reactions)} | counts


def _as_pull(fake: World, pull: PullRequest) -> dict[str, Any]:
    page = issue_page(fake, pull)
    links = {
        "url": f"{fake.api_url}/repos/{pull.repository.full_name}/pulls/{pull.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": stamp(pull.merged_at),
    }
    return {"draft": pull.draft, "pull_request": links}
