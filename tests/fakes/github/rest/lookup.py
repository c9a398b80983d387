"""Finding what a path names, and cutting lists into pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from ..errors import Refused, not_found
from ..registry import Call
from ..state import Comment, Issue

MOST_PER_PAGE = 100
T = TypeVar("T")


def issue_of(call: Call) -> Issue:
    """The issue of the path; 410 when disabled or deleted, a redirect when transferred."""
    if not call.repo.has_issues:
        raise Refused(410, "Issues has been disabled in this repository.")
    number = call.params["issue_number"]
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
    for issue in call.repo.issues.values():
        for comment in issue.comments:
            if comment.id == wanted:
                return comment
    raise not_found()


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
