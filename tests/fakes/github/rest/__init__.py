"""The operations of the API, one file per resource: importing a file registers its routes."""

from . import apps, comments, deliveries, issues, labels, reactions, repositories, users

__all__ = ["apps", "comments", "deliveries", "issues", "labels", "reactions", "repositories", "users"]
