"""Finding what a path names, and cutting lists into pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from ..errors import Refused, not_found
from ..registry import Call
from ..state import Comment, Issue
from ..state_pulls import PullRequest, Review, ReviewComment

MOST_PER_PAGE = 100
T = TypeVar("T")
C = TypeVar("C", Comment, ReviewComment)


def issue_of(call: Call) -> Issue:
    """The issue or pull request of the path; 410 when disabled or deleted, a redirect when transferred."""
    number = call.params["issue_number"]
    if pull := call.repo.pulls.get(number):
        return pull
    if not call.repo.has_issues:
        raise Refused(410, "Issues has been disabled in this repository.")
    if issue := call.repo.issues.get(number):
        return issue
    if number not in call.repo.gone:
        raise not_found()
    moved = call.repo.gone[number]
    if moved is None:
        raise Refused(410, "This issue was deleted")
    url = f"{call.fake.api_url}/repositories/{moved.repository.id}/issues/{moved.number}"
    status = 301 if call.route.method == "GET" else 307
    raise Refused(status, "Moved Permanently", headers={"Location": url}, url=url)


def comment_of(call: Call) -> Comment:
    wanted = call.params["comment_id"]
    for issue in [*call.repo.issues.values(), *call.repo.pulls.values()]:
        for comment in issue.comments:
            if comment.id == wanted:
                return comment
    raise not_found()


def pull_of(call: Call) -> PullRequest:
    if pull := call.repo.pulls.get(call.params["pull_number"]):
        return pull
    raise not_found()


def review_of(call: Call) -> Review:
    wanted = call.params["review_id"]
    if found := next((review for review in pull_of(call).reviews if review.id == wanted), None):
        return found
    raise not_found()


def review_comment_of(call: Call) -> ReviewComment:
    """The comment of the path, of the pull request of the path if it names one."""
    number = call.params.get("pull_number")
    pulls = [pull_of(call)] if number else call.repo.pulls.values()
    wanted = call.params["comment_id"]
    if found := next((c for pull in pulls for c in pull.review_comments if c.id == wanted), None):
        return found
    raise not_found()


def sorted_since(call: Call, comments: Iterable[C]) -> list[C]:
    """Oldest first, or as `sort` and `direction` say; none older than `since`."""
    query = call.query
    moment = "updated_at" if query.get("sort") == "updated" else "created_at"
    since = datetime.fromisoformat(query["since"]) if "since" in query else None
    found = [comment for comment in comments if since is None or comment.updated_at >= since]
    down = "sort" in query and query.get("direction", "desc") == "desc"
    return sorted(found, key=lambda comment: (getattr(comment, moment), comment.id), reverse=down)


def page(call: Call, items: Sequence[T]) -> Sequence[T]:
    """The page that was asked for, with a Link header to the others."""
    size = min(max(call.query.get("per_page", 30), 1), MOST_PER_PAGE)
    number = max(call.query.get("page", 1), 1)
    last = max(-(-len(items) // size), 1)
    others = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    useless = {"prev", "first"} if number == 1 else {"next", "last"} if number >= last else set()
    links = [link(call, rel, {"page": n}) for rel, n in others.items() if rel not in useless]
    if last > 1 or number > 1:
        call.headers["Link"] = ", ".join(links)
    return items[(number - 1) * size : number * size]


def link(call: Call, rel: str, changed: dict[str, Any]) -> str:
    query = {
        name: str(value).lower() if isinstance(value, bool) else value for name, value in call.query.items()
    }
    return f'<{call.fake.api_url}{call.link_path}?{urlencode(query | changed)}>; rel="{rel}"'
