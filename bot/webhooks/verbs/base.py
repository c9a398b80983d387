"""What a verb is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from bot.domain import commands, issues, mirror
from bot.domain.errors import Invalid
from bot.store.models import GivenCommand, Issue, Project
from bot.webhooks.commands import Command


@dataclass(frozen=True)
class Asked:
    """A command that may be carried out. `numbers` are the GitHub issues that it is about; `slug` is our name."""

    tx: Session
    project: Project
    given: GivenCommand
    command: Command
    numbers: tuple[int, ...]
    level: str
    slug: str

    @property
    def by(self) -> str:
        """Who asks, as `createdBy` has it."""
        return f"github:{self.given.login}"

    @property
    def number(self) -> int:
        """The issue or pull request that the command stands on."""
        return self.given.number

    @property
    def source(self) -> str:
        """The text that the command stands in."""
        return commands.source(self.given)

    @property
    def issues(self) -> list[Issue]:
        """The issues that it is about. Raises Invalid for what is none."""
        return [self._issue(number) for number in self.numbers]

    @property
    def issue(self) -> Issue:
        """The one issue that it is about. Raises Invalid where it names none, and stands on none."""
        if not self.numbers:
            raise Invalid("This is no issue: give the command on one.")
        return self._issue(self.numbers[0])

    def _issue(self, number: int) -> Issue:
        found = mirror.on(self.tx, self.project, number)
        if found is None:
            raise Invalid(f"There is no issue #{number} here.")
        return issues.get(self.tx, self.project.id, found.id)


@dataclass(frozen=True)
class Done:
    """What was done: to which objects, by which endpoint (the verb's own, where none is given).

    `made` is what the thread knows as its scan or its chain from now on. `says` is the answer in words, if there is
    one, with its `values`; to this person it is said `once` for each such word. `signs`: a thumb says that it is done,
    else what it started says so at its end.
    """

    object_ids: tuple[str, ...] = ()
    action: str = ""
    made: str | None = None
    says: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    once: str = ""
    signs: bool = True
