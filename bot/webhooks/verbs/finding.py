"""Verbs about finding work, and about what was found."""

from __future__ import annotations

from bot.domain import issues, sessions
from bot.webhooks.verbs.base import Asked, Done


def scan(asked: Asked) -> Done:
    session = sessions.start(
        asked.tx, asked.project,
        prompt=asked.command.text or sessions.DEFAULT_PROMPT,
        paths=list(asked.command.paths),
        created_by=asked.by,
        comment={"number": asked.number, "source": asked.source},
    )  # fmt: skip
    return Done((session.id,), made=session.id, signs=False)


def dismiss(asked: Asked) -> Done:
    reason, comment = asked.command.reason or issues.REASONS[0], asked.command.text
    issue = issues.dismiss(asked.tx, asked.project, asked.issue.id, reason=reason, comment=comment)
    return Done((issue.id,))


def reopen(asked: Asked) -> Done:
    return Done((issues.reopen(asked.tx, asked.project, asked.issue.id).id,))


def recheck(asked: Asked) -> Done:
    issue = issues.recheck(asked.tx, asked.project, asked.issue.id, created_by=asked.by)
    return Done((issue.id,))
