"""Labels of a repository, and which of them an issue carries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import at_most, invalid
from ..shapes.issues import label_json
from ..state import Actor, Issue, Label, Repository
from .issues import allowed, changeable, emit, require, unarchived

if TYPE_CHECKING:
    from ..fake import FakeGitHub

DEFAULT_COLOR = "ededed"
LONGEST_NAME = 50
LONGEST_DESCRIPTION = 100


def create_label(
    fake: FakeGitHub,
    actor: Actor,
    repository: Repository,
    name: str,
    color: str = DEFAULT_COLOR,
    description: str | None = None,
) -> Label:
    unarchived(repository)
    require(actor, repository, "write")
    _check(repository, None, name, color, description)
    label = Label(fake.next_id(), name, color.lower(), description)
    repository.labels.append(label)
    fake.webhooks.emit(actor, "label", "created", repository, label=label_json(fake, repository, label))
    return label


def update_label(
    fake: FakeGitHub,
    actor: Actor,
    repository: Repository,
    label: Label,
    name: str,
    color: str,
    description: str | None,
) -> None:
    unarchived(repository)
    require(actor, repository, "write")
    _check(repository, label, name, color, description)
    after = {"name": name, "color": color.lower(), "description": description}
    before = {field: getattr(label, field) for field in after if getattr(label, field) != after[field]}
    for field in before:
        setattr(label, field, after[field])
    if before:
        changes = {field: {"from": value or ""} for field, value in before.items()}
        fake.webhooks.emit(
            actor, "label", "edited", repository, label=label_json(fake, repository, label), changes=changes
        )


def delete_label(fake: FakeGitHub, actor: Actor, repository: Repository, label: Label) -> None:
    unarchived(repository)
    require(actor, repository, "write")
    repository.labels.remove(label)
    for issue in [*repository.issues.values(), *repository.pulls.values()]:
        issue.labels = [kept for kept in issue.labels if kept is not label]
    fake.webhooks.emit(actor, "label", "deleted", repository, label=label_json(fake, repository, label))


def add_labels(fake: FakeGitHub, actor: Actor, issue: Issue, names: list[str]) -> None:
    """Put labels on an issue, made in grey where the repository has none of that name."""
    changeable(issue)
    require(actor, issue.repository, "triage")
    for name in names:
        label = issue.repository.label(name) or create_label(fake, actor, issue.repository, name)
        if label not in issue.labels:
            issue.labels.append(label)
            issue.updated_at = fake.clock()
            emit(fake, actor, "labeled", issue, label=label_json(fake, issue.repository, label))


def remove_labels(fake: FakeGitHub, actor: Actor, issue: Issue, names: list[str]) -> None:
    changeable(issue)
    require(actor, issue.repository, "triage")
    wanted = {name.lower() for name in names}
    for label in [label for label in issue.labels if label.name.lower() in wanted]:
        issue.labels.remove(label)
        issue.updated_at = fake.clock()
        emit(fake, actor, "unlabeled", issue, label=label_json(fake, issue.repository, label))


def set_labels(fake: FakeGitHub, actor: Actor, issue: Issue, names: list[str]) -> None:
    """Exactly these; without the right to label, nothing happens and nobody is told."""
    if allowed(actor, issue.repository, "triage"):
        kept = {name.lower() for name in names}
        remove_labels(
            fake, actor, issue, [label.name for label in issue.labels if label.name.lower() not in kept]
        )
        add_labels(fake, actor, issue, names)


def _check(
    repository: Repository, label: Label | None, name: str, color: str, description: str | None
) -> None:
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    at_most(LONGEST_NAME, name, "Label", "name")
    at_most(LONGEST_DESCRIPTION, description, "Label", "description")
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", color):
        raise invalid("Label", "color", "invalid")
    if repository.label(name) not in (None, label):
        raise invalid("Label", "name", "already_exists")
