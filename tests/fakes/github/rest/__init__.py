"""The operations of the API, one file per resource: importing a file registers its routes."""

from . import (
    apps,
    branches,
    checks,
    comments,
    deliveries,
    hook,
    issues,
    labels,
    pulls,
    reactions,
    repositories,
    review_comments,
    reviews,
    signing_in,
    users,
)

__all__ = [
    "apps",
    "branches",
    "checks",
    "comments",
    "deliveries",
    "hook",
    "issues",
    "labels",
    "pulls",
    "reactions",
    "repositories",
    "review_comments",
    "reviews",
    "signing_in",
    "users",
]
