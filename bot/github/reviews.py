"""Reviews of ours, replies in their threads, and threads that are done with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.github import marks
from bot.github.recovery import Made, by_our_app, made, moment, only_ours
from bot.github.repo import Repo

_THREADS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100, after: $after) {
        nodes { id isResolved comments(first: 1) { nodes { fullDatabaseId } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_RESOLVE = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"


@dataclass(frozen=True)
class LineComment:
    """A comment that starts a thread on a line of the new side of the diff; lines from 1."""

    local_id: str
    path: str
    line: int
    body: str


def ensure_review(
    repo: Repo,
    *,
    secret: bytes,
    local_id: str,
    pull_number: int,
    recover_since: datetime | None,
    commit: str,
    body: str,
    comments: Sequence[LineComment],
) -> dict[str, tuple[int, str]]:
    """One review with a thread for each comment, in one request; each comment's id and address by its local id.

    A comment that somebody has deleted since is left out. Raises GitHubError: Unprocessable where one line is
    not in the diff (then nothing was posted), Ambiguous where several reviews carry our mark.
    """
    reviews = f"/pulls/{pull_number}/reviews"
    lost = (
        only_ours(repo, secret, "review", local_id, repo.pages(reviews))
        if recover_since is not None
        else None
    )
    review = lost or repo.request("POST", reviews, json={
        "event": "COMMENT",
        "commit_id": commit,
        "body": marks.signed(body, "review", local_id, repo.repository_id, secret),
        "comments": [_on_line(repo, secret, comment) for comment in comments],
    }).data  # fmt: skip
    return _by_local_id(repo, secret, repo.pages(f"{reviews}/{review['id']}/comments"))


def ensure_reply(
    repo: Repo,
    *,
    secret: bytes,
    local_id: str,
    pull_number: int,
    comment_id: int,
    recover_since: datetime | None,
    body: str,
) -> Made:
    """A reply in the thread that begins with this comment, posted once. Raises NotFound where that is gone."""
    comments = f"/pulls/{pull_number}/comments"
    reply = None
    if recover_since is not None:
        recent = repo.pages(comments, {"since": moment(recover_since)})
        reply = only_ours(repo, secret, "reply", local_id, recent)
    if reply is None:
        text = {"body": marks.signed(body, "reply", local_id, repo.repository_id, secret)}
        reply = repo.request("POST", f"{comments}/{comment_id}/replies", json=text).data
    return made(reply, reply["id"])


def edit_review_comment(repo: Repo, *, secret: bytes, local_id: str, comment_id: int, body: str) -> Made:
    """A question of ours in its thread, of which we know that it says something else. Raises NotFound."""
    text = marks.signed(body, "question", local_id, repo.repository_id, secret)
    comment = repo.request("PATCH", f"/pulls/comments/{comment_id}", json={"body": text}).data
    return made(comment, comment["id"])


def resolve_thread(repo: Repo, pull_number: int, comment_id: int) -> None:
    """Resolve the thread that begins with this comment; one that is resolved or gone is fine."""
    thread = _thread(repo, pull_number, comment_id)
    if thread is not None and not thread["isResolved"]:
        repo.graphql(_RESOLVE, id=thread["id"])


def _thread(repo: Repo, pull_number: int, comment_id: int) -> dict[str, Any] | None:
    owner, _, name = repo.full_name.partition("/")
    after: str | None = None
    while True:
        data = repo.graphql(_THREADS, owner=owner, name=name, number=pull_number, after=after)
        page = data["repository"]["pullRequest"]["reviewThreads"]
        for thread in page["nodes"]:
            first = thread["comments"]["nodes"]
            if first and int(first[0]["fullDatabaseId"]) == comment_id:
                return dict(thread)
        if not page["pageInfo"]["hasNextPage"]:
            return None
        after = page["pageInfo"]["endCursor"]


def _on_line(repo: Repo, secret: bytes, comment: LineComment) -> dict[str, Any]:
    body = marks.signed(comment.body, "question", comment.local_id, repo.repository_id, secret)
    return {"path": comment.path, "line": comment.line, "side": "RIGHT", "body": body}


def _by_local_id(repo: Repo, secret: bytes, comments: Iterable[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for comment in comments:
        local_id = marks.find(
            comment["body"], kind="question", repository_id=repo.repository_id, secret=secret
        )
        if local_id and by_our_app(repo, comment):
            found[local_id] = (comment["id"], comment["html_url"])
    return found
