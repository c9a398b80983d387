"""The fields of GraphQL that the fake has; any other says that it is lacking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql.error import GraphQLError

from . import auth
from .acts import comments, pulls, threads
from .errors import Refused
from .shapes.accounts import node_id
from .shapes.issues import issue_page
from .shapes.reviews import thread_id
from .state import Account, Actor, Repository, Token
from .state_pulls import PullRequest, ReviewComment, Thread

if TYPE_CHECKING:
    from .fake import FakeGitHub

READ = "pull_requests=read"
WRITE = "pull_requests=write"
RESOLVE = "contents=write, pull_requests=write"
MOST_NODES = 100


def field(source: dict[str, Any], info: Any, **arguments: Any) -> Any:
    """One field of an object, all of which are dictionaries here; a function takes the arguments."""
    if info.field_name not in source:
        raise GraphQLError(f"The fake GitHub does not have {info.parent_type.name}.{info.field_name} yet")
    found = source[info.field_name]
    return found(**arguments) if callable(found) else found


@dataclass
class Root:
    """Who asks, and what may be asked."""

    fake: FakeGitHub
    actor: Actor
    token: Token

    def fields(self) -> dict[str, Any]:
        """Queries and mutations."""
        return {
            "repository": self._repository,
            "node": self._node,
            "resolveReviewThread": lambda input: self._set_resolved(input, True),
            "unresolveReviewThread": lambda input: self._set_resolved(input, False),
            "markPullRequestReadyForReview": lambda input: self._set_draft(input, False),
            "convertPullRequestToDraft": lambda input: self._set_draft(input, True),
            "addReaction": self._react,
        }

    def _repository(self, owner: str, name: str, **_: Any) -> dict[str, Any]:
        found = self.fake.find_repository(owner, name)
        if found is None or not self.token.covers(found):
            raise _not_found(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return {
            "__typename": "Repository",
            "id": node_id("R", found.id),
            "databaseId": found.id,
            "name": found.name,
            "nameWithOwner": found.full_name,
            "pullRequest": lambda number: self._numbered(found, number),
        }

    def _node(self, id: str) -> dict[str, Any]:
        self._require(READ)
        for pull in self._pulls():
            if node_id("PR", pull.pull_id) == id:
                return self._pull(pull)
        return self._thread(self._thread_of(id))

    def _set_resolved(self, input: dict[str, Any], resolved: bool) -> dict[str, Any]:
        self._require(RESOLVE)
        thread = self._thread_of(input["threadId"])
        _refusable(threads.set_resolved, self.fake, self.actor, thread, resolved)
        return {"clientMutationId": input.get("clientMutationId"), "thread": self._thread(thread)}

    def _set_draft(self, input: dict[str, Any], draft: bool) -> dict[str, Any]:
        self._require(WRITE)
        wanted = input["pullRequestId"]
        pull = next((pull for pull in self._pulls() if node_id("PR", pull.pull_id) == wanted), None)
        if pull is None:
            raise _not_found(f"Could not resolve to a node with the global id of '{wanted}'")
        _refusable(pulls.set_draft, self.fake, self.actor, pull, draft)
        return {"clientMutationId": input.get("clientMutationId"), "pullRequest": self._pull(pull)}

    def _react(self, input: dict[str, Any]) -> dict[str, Any]:
        """Of all that can be reacted to the fake has reviews here: for the others there is REST."""
        self._require(WRITE)
        wanted, every = input["subjectId"], (one for pull in self._pulls() for one in pull.reviews)
        review = next((one for one in every if node_id("PRR", one.id) == wanted), None)
        if review is None:
            raise _not_found(f"Could not resolve to a node with the global id of '{wanted}'")
        names = {"THUMBS_UP": "+1", "THUMBS_DOWN": "-1"}
        content = names.get(input["content"], input["content"].lower())
        _refusable(comments.react, self.fake, self.actor, review, content)
        reaction = {"__typename": "Reaction", "content": input["content"]}
        return {"clientMutationId": input.get("clientMutationId"), "reaction": reaction}

    def _require(self, accepts: str) -> None:
        if not auth.allows(self.token.permissions, accepts):
            raise GraphQLError("Resource not accessible by integration", extensions={"type": "FORBIDDEN"})

    def _pulls(self) -> list[PullRequest]:
        mine = [one for one in self.fake.repositories.values() if self.token.covers(one)]
        return [pull for repository in mine for pull in repository.pulls.values()]

    def _thread_of(self, id: str) -> Thread:
        every = (thread for pull in self._pulls() for thread in pull.threads)
        found = next((thread for thread in every if thread_id(thread) == id), None)
        if found is None:
            raise _not_found(f"Could not resolve to a node with the global id of '{id}'")
        return found

    def _numbered(self, repository: Repository, number: int) -> dict[str, Any]:
        self._require(READ)
        if pull := repository.pulls.get(number):
            return self._pull(pull)
        raise _not_found(f"Could not resolve to a PullRequest with the number of {number}.")

    def _pull(self, pull: PullRequest) -> dict[str, Any]:
        return {
            "__typename": "PullRequest",
            "id": node_id("PR", pull.pull_id),
            "databaseId": pull.pull_id,
            "number": pull.number,
            "title": pull.title,
            "body": pull.body or "",
            "url": issue_page(self.fake, pull),
            "isDraft": pull.draft,
            "merged": pull.merged_at is not None,
            "state": "MERGED" if pull.merged_at else pull.state.upper(),
            "headRefName": pull.head_ref,
            "headRefOid": pull.head_sha,
            "baseRefName": pull.base_ref,
            "reviewThreads": lambda **of: _connection(pull.threads, self._thread, "reviewThreads", **of),
        }

    def _thread(self, thread: Thread) -> dict[str, Any]:
        now, then = thread.place, thread.original
        return {
            "__typename": "PullRequestReviewThread",
            "id": thread_id(thread),
            "path": then.path,
            "line": now and now.line,
            "originalLine": then.line,
            "diffSide": then.side,
            "isResolved": thread.resolved_by is not None,
            "isOutdated": thread.outdated,
            "isCollapsed": thread.resolved_by is not None,
            "resolvedBy": thread.resolved_by and _account(thread.resolved_by),
            "pullRequest": lambda: self._pull(thread.pull),
            "comments": lambda **of: _connection(thread.comments, self._comment, "comments", **of),
        }

    def _comment(self, comment: ReviewComment) -> dict[str, Any]:
        return {
            "__typename": "PullRequestReviewComment",
            "id": node_id("PRRC", comment.id),
            "databaseId": comment.id,
            "fullDatabaseId": str(comment.id),
            "body": comment.body,
            "path": comment.thread.original.path,
            "url": f"{issue_page(self.fake, comment.issue)}#discussion_r{comment.id}",
            "author": _account(comment.user),
        }


def _account(account: Account) -> dict[str, Any]:
    """Unlike REST, GraphQL names a bot without `[bot]`."""
    return {"__typename": account.type, "login": account.login.removesuffix("[bot]")}


def _connection(
    items: Sequence[Any],
    shape: Callable[[Any], dict[str, Any]],
    name: str,
    first: int | None = None,
    after: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One page, forward only; a cursor is the position of what it points at."""
    if any(value is not None for value in more.values()):
        raise GraphQLError(f"The fake GitHub knows only first and after of {name}")
    if first is None:
        text = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphQLError(text, extensions={"type": "MISSING_PAGINATION_BOUNDARIES"})
    if not 0 < first <= MOST_NODES:
        text = (
            f"Requesting {first} records on the `{name}` connection exceeds the `first` limit of 100 records."
        )
        raise GraphQLError(text, extensions={"type": "EXCESSIVE_PAGINATION"})
    start = int(after.removeprefix("cursor:")) if after else 0
    end = min(start + first, len(items))
    info = {"hasNextPage": end < len(items), "endCursor": f"cursor:{end}" if end > start else None}
    pages = {"hasPreviousPage": start > 0, "startCursor": f"cursor:{start + 1}" if end > start else None}
    return {
        "totalCount": len(items),
        "nodes": [shape(one) for one in items[start:end]],
        "pageInfo": info | pages,
    }


def _not_found(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": "NOT_FOUND"})


def _refusable(act: Callable[..., Any], *arguments: Any) -> None:
    try:
        act(*arguments)
    except Refused as refusal:
        raise GraphQLError(refusal.message, extensions={"type": "UNPROCESSABLE"}) from refusal
