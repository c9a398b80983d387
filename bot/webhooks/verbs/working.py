"""Verbs about work: planning it, starting it, and what may be done with it on the way."""

from __future__ import annotations

from bot.domain import chains, here, questions, sessions
from bot.store.models import IssueSession, WorkChain
from bot.webhooks.verbs.base import Asked, Done

TITLE = 200


def work(asked: Asked) -> Done:
    found, command = asked.issues, asked.command
    round = questions.on_pull_request(asked.tx, asked.project, asked.number)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    chain = chains.create(
        asked.tx, asked.project,
        title=found[0].title[: TITLE - len(more)] + more,
        issue_ids=[issue.id for issue in found],
        created_by=asked.by,
        branch_name=command.branch,
        base_branch=command.base,
        on_failure="continue" if command.carry_on else "stop",
        answering_session_id=round.id if round else None,
    )  # fmt: skip
    plan = {"numbers": list(asked.numbers), "titles": [issue.title for issue in found], "branch": chain.branch_name,
            "base": chain.base_branch or asked.project.default_branch, "carry_on": command.carry_on}  # fmt: skip
    return Done((chain.id,), made=chain.id, says="plan", values=plan)


def fix(asked: Asked) -> Done:
    run = chains.fix(asked.tx, asked.project, asked.issue.id, created_by=asked.by)
    return Done((run.id,), made=run.chain_id)


def start(asked: Asked) -> Done:
    chain = chains.start(asked.tx, asked.project, _chain(asked).id)
    return Done((chain.id,), made=chain.id)


def pause(asked: Asked) -> Done:
    chain = chains.get(asked.tx, asked.project.id, _chain(asked).id, lock=True)
    chains.pause(asked.tx, asked.project, chain, "person")
    return Done((chain.id,))


def resume(asked: Asked) -> Done:
    chain = chains.resume(asked.tx, asked.project, _chain(asked).id)
    return Done((chain.id,))


def retry(asked: Asked) -> Done:
    chain = chains.retry(asked.tx, asked.project, _chain(asked).id, asked.issue.id)
    return Done((chain.id,))


def skip(asked: Asked) -> Done:
    chain = chains.skip(asked.tx, asked.project, _chain(asked).id, asked.issue.id, asked.command.text)
    return Done((chain.id,))


def cancel(asked: Asked) -> Done:
    target = here.to_cancel(asked.tx, asked.project, asked.number)
    if isinstance(target, IssueSession):
        sessions.cancel(asked.tx, target)
        return Done((target.id,), action="issue-sessions/cancel")
    chain = chains.get(asked.tx, asked.project.id, target.id, lock=True)
    chains.cancel(asked.tx, asked.project, chain)
    return Done((chain.id,))


def _chain(asked: Asked) -> WorkChain:
    return here.chain(asked.tx, asked.project, asked.number, asked.command.verb)
