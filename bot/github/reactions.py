"""Reactions of ours, on each kind of text that people write."""

from __future__ import annotations

from bot.github.repo import Repo

_NAMES = {"eyes": "EYES", "+1": "THUMBS_UP", "confused": "CONFUSED"}
_REACT = """
mutation($id: ID!, $content: ReactionContent!) {
  addReaction(input: {subjectId: $id, content: $content}) { reaction { content } }
}
"""


def ensure_reaction(repo: Repo, *, source: str, number: int, content: str) -> None:
    """A reaction (`eyes`, `+1`, `confused`); GitHub itself keeps it to one of each.

    `source` is kind and id of a text below issue or pull request `number`; on a review only GraphQL reacts.
    """
    kind, _, text_id = source.partition(":")
    if kind == "review":
        review = repo.request("GET", f"/pulls/{number}/reviews/{text_id}").data
        repo.graphql(_REACT, id=review["node_id"], content=_NAMES[content])
        return
    paths = {"issue_comment": f"/issues/comments/{text_id}", "review_comment": f"/pulls/comments/{text_id}"}
    path = paths.get(kind, f"/issues/{number}")
    repo.request("POST", f"{path}/reactions", json={"content": content})
