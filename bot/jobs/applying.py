"""Answers that are in the code now: their threads say where, and are resolved."""

from __future__ import annotations

from datetime import datetime

from bot.domain import applied
from bot.github import replytext
from bot.github.errors import Gone, NotFound
from bot.github.recovery import Made
from bot.github.reviews import ensure_reply, resolve_thread
from bot.jobs.making import ensure
from bot.jobs.rounds import Round
from bot.store.models import GithubObject, SessionQuestion


def apply(round: Round) -> None:
    """Resolve the thread of each question that is done with; where commits did it, they are linked first."""
    with round.work.db.read() as tx:
        done = applied.done_with(tx, round.session)
        threads = {question_id: tx.get_one(SessionQuestion, question_id) for question_id in done}
    for question_id, commits in done.items():
        _resolve(round, threads[question_id], commits)
        with round.work.note() as tx:
            applied.resolved(tx, question_id)


def _resolve(round: Round, row: SessionQuestion, commits: list[str]) -> None:
    question = next(one for one in round.asked if one.number == row.number)
    repo = round.work.tools.repo(round.project, contents="write", pull_requests="write")

    def make(there: GithubObject, since: datetime | None) -> Made:
        return ensure_reply(
            repo, secret=round.work.tools.secret, local_id=there.local_id, pull_number=round.number,
            comment_id=row.comment_id or 0, recover_since=since,
            body=replytext.applied(question, commits, round.repository_url),
        )  # fmt: skip

    try:
        if commits:
            ensure(round.work, round.project, "reply", f"applied.{row.id}", "", make)
        resolve_thread(repo, round.number, row.comment_id or 0)
    except (NotFound, Gone):
        return  # nobody is left to read it
