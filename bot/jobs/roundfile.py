"""The file with a round's questions, on the branch that the round opened."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from bot.domain import intents, rounds
from bot.github import committext, questiontext
from bot.jobs import agent, pictures, standstill
from bot.jobs.work import Work
from bot.sandbox import commits, push, repo
from bot.sandbox.changes import one_file
from bot.sandbox.git import RepoError
from bot.store import outbox
from bot.store.models import AnsweringSession, Project


def bring(
    work: Work, project: Project, session: AnsweringSession, text: str, questions: int
) -> tuple[str, bool]:
    """Have the file say this. Returns the branch's head, and whether the file is there.

    Branch and file are made the first time; what people took away afterwards stays away.
    """
    anew, message = session.branch is None, committext.asking(questions)
    with standstill.told(work, project):
        mirror, head = _push(work, project, session, text, message, anew=anew)
    path = questiontext.file_path(session.id)
    return head, mirror is not None and repo.file_at(mirror, head, path) == text


def complete(work: Work, project: Project, session: AnsweringSession) -> None:
    """Write the fixed answers into the file, once, and while no chain works on the branch.

    A branch or a file that people took away stays away; where a rule forbids the push, the answers are fixed all
    the same.
    """
    with work.note() as tx:
        if session.branch is None or _is_worked_on(tx, session):
            return
        row, _ = intents.intend(tx, "file", session.id, project.repository_id or 0)
        asked = pictures.questions_of(tx, session)
    if row.state == "made":
        return
    text = questiontext.questions_file(asked, digest=session.answers_digest)
    message = committext.answering(len(asked), session.answers_digest or "")
    before, after = None, ""
    try:
        with standstill.told(work, project):
            mirror, after = _push(work, project, session, text, message)
        before = _before(mirror, after, message) if mirror else None
    except RepoError as error:
        if not isinstance(error, (push.Protected, push.PushRefused)) and work.claim.attempt < outbox.TRIES:
            raise
    with work.note() as tx:
        intents.made(tx, "file", session.id, 0)
        if before:
            _moved(tx, session, before, after)


def _push(
    work: Work, project: Project, session: AnsweringSession, text: str, message: str, *, anew: bool = False
) -> tuple[Path | None, str]:
    """The mirror, and the branch's head with the file as it is to be. `anew`: both are made where they are not."""
    branch, path = session.branch or branch_of(session), questiontext.file_path(session.id)
    remote = work.tools.remote(project, contents="write")
    there = push.remote_branch(work.tools.config.askfirst_home, remote, branch)
    if there is None and not anew:
        return None, ""
    source = agent.mirror(work, project)
    before = there or source.head.commit
    repo.complete(source.folder, remote, before)
    now = repo.file_at(source.folder, before, path)
    if (there and now == text) or (now is None and not anew):
        return source.folder, before
    commit = commits.commit(source.folder, before, one_file(path, text.encode()), message, *agent.AUTHOR)
    with work.note() as tx:
        intents.pushing(tx, project, commit, session.id)
    push.push(source.folder, remote, branch, commit, there)
    return source.folder, commit


def _before(mirror: Path, head: str, message: str) -> str | None:
    """What our commit with this message stands on, also where a lost worker pushed it; None for another head."""
    ours = commits.message(mirror, head).strip() == message.strip()
    return commits.parent(mirror, head) if ours else None


def branch_of(session: AnsweringSession) -> str:
    """The branch that a round opens."""
    return f"askfirst/{session.id}"


def _is_worked_on(tx: Session, session: AnsweringSession) -> bool:
    return any(chain.status == "running" for chain in rounds.chains_on(tx, session))


def _moved(tx: Session, session: AnsweringSession, before: str, after: str) -> None:
    """This commit is ours: no chain on the branch takes it for somebody else's."""
    tx.get_one(AnsweringSession, session.id).head = after
    for chain in rounds.chains_on(tx, session):
        if chain.head == before:
            chain.head = after
