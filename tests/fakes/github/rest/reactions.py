"""Reactions to issues and their comments: https://docs.github.com/en/rest/reactions/reactions"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..acts import comments as acts
from ..errors import Refused, Reply, not_found
from ..registry import Call, no_content, route
from ..shapes.issues import reaction_json
from ..state import Comment, Issue
from ..state_pulls import ReviewComment
from .comments import COMMENT
from .issues import ISSUE
from .lookup import comment_of, issue_of, page, review_comment_of
from .review_comments import ONE


def serve_reactions(
    base: str, subject_of: Callable[[Call], Issue | Comment | ReviewComment], read: str, write: str
) -> None:
    """Register list, create and delete of reactions below one kind of content."""

    @route("GET", f"{base}/reactions", read)
    def list_reactions(call: Call) -> Any:
        found = [
            reaction
            for reaction in subject_of(call).reactions
            if call.query.get("content", reaction.content) == reaction.content
        ]
        return [reaction_json(call.fake, reaction) for reaction in page(call, found)]

    @route("POST", f"{base}/reactions", write)
    def create(call: Call) -> Reply:
        reaction, new = acts.react(call.fake, call.actor, subject_of(call), call.body["content"])
        return Reply(201 if new else 200, reaction_json(call.fake, reaction))

    @route("DELETE", base + "/reactions/{reaction_id}", write)
    def delete(call: Call) -> Reply:
        reactions = subject_of(call).reactions
        found = next((r for r in reactions if r.id == call.params["reaction_id"]), None)
        if found is None:
            raise not_found()
        if found.user is not call.actor.account:
            raise Refused(403, "You cannot delete somebody else's reaction.")
        reactions.remove(found)
        return no_content()


# On issues and their comments, also those of pull requests, GitHub asks for the issues permission alone.
serve_reactions(ISSUE, issue_of, "issues=read", "issues=write")
serve_reactions(COMMENT, comment_of, "issues=read", "issues=write")
serve_reactions(ONE, review_comment_of, "pull_requests=read", "pull_requests=write")
