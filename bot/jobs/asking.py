"""Putting a round's questions onto GitHub: a thread for each that has a line in the diff, else a comment."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime

from bot.domain import answering, intents, rounds
from bot.github import questiontext
from bot.github.errors import NotFound, Unprocessable
from bot.github.issuetext import Place
from bot.github.mirror import edit_comment, ensure_comment
from bot.github.pulls import diff_lines
from bot.github.questiontext import Question
from bot.github.recovery import Made
from bot.github.reviews import LineComment, edit_review_comment, ensure_review
from bot.jobs import agent, pictures, standstill
from bot.jobs.making import digest, ensure
from bot.jobs.rounds import Round
from bot.sandbox import commits, repo
from bot.sandbox.git import GitFailed
from bot.store import outbox
from bot.store.models import AnsweringSession, GithubObject, SessionQuestion

Lines = dict[int, tuple[str, int]]  # by a question's number: the file and line that its thread stands on


def ask(round: Round) -> None:
    """Ask what is not asked yet: in one review what has a line, each of the others in a comment."""
    left = _unasked(round)
    if not left:
        return
    lines = _lines(round, in_file=round.is_ours and round.open())
    while (with_line := [one for one in left if one.number in lines]) and _review(round, with_line, lines):
        left = _unasked(round)
    for question in _unasked(round):
        _comment(round, question)
    with round.work.note() as tx:
        rounds.posted(tx, tx.get_one(AnsweringSession, round.session.id))
        round.asked = pictures.questions_of(tx, round.session)


def keep(round: Round) -> None:
    """Each question says what it says now: its assumption, and whether its lines have changed since."""
    for question_id, question in _by_id(round).items():
        if question.url:
            _keep(round, question_id, question)


def outdated(round: Round) -> set[int]:
    """The questions that are about lines which have changed since the agent looked at them."""
    asked_at, about = round.session.commit, [one for one in round.asked if one.places]
    if asked_at is None or not about:
        return set()
    with standstill.told(round.work, round.project):
        source = agent.mirror(round.work, round.project, pull=None if round.is_ours else round.number)
    now = source.head.commit if round.is_ours else repo.pull_ref(round.number)
    paths = {place.path for one in about for place in one.places}
    try:
        repo.complete(source.folder, round.work.tools.remote(round.project), asked_at, now)
        changed = {path: commits.changed_lines(source.folder, asked_at, now, path) for path in paths}
    except GitFailed:
        return set()  # one of the commits is not there any more: nothing is known
    return {
        one.number for one in about if any(_is_changed(place, changed[place.path]) for place in one.places)
    }


def _is_changed(place: Place, changed: list[tuple[int, int]]) -> bool:
    first, last = place.start_line or 1, place.end_line or place.start_line or sys.maxsize
    return any(start <= last and first <= end for start, end in changed)


def _unasked(round: Round) -> list[Question]:
    with round.work.db.read() as tx:
        rows = answering.questions(tx, round.session.id)
        wanted = {row.number for row in rows if rounds.may_be_posted(tx, row)}
    return [one for one in round.asked if one.number in wanted]


def _by_id(round: Round) -> dict[str, Question]:
    by_number = {one.number: one for one in round.asked}
    with round.work.db.read() as tx:
        return {row.id: by_number[row.number] for row in answering.questions(tx, round.session.id)}


def _lines(round: Round, *, in_file: bool) -> Lines:
    if in_file:
        path = questiontext.file_path(round.session.id)
        return {number: (path, line) for number, line in questiontext.thread_lines(round.asked).items()}
    shown = {} if round.is_ours or round.session.head is None else diff_lines(round.repo, round.number)
    placed = {one.number: _anchor(one, shown) for one in round.asked}
    return {number: place for number, place in placed.items() if place}


def _anchor(question: Question, shown: dict[str, list[int]]) -> tuple[str, int] | None:
    """The line of the diff that is nearest to what the question is about, in the first of its files that is there."""
    for place in question.places:
        if lines := shown.get(place.path):
            first, last = place.start_line or 1, place.end_line or place.start_line or 1
            return place.path, min(lines, key=lambda line: (max(first - line, line - last, 0), -line))
    return None


def _review(round: Round, questions: Sequence[Question], lines: Lines) -> bool:
    """One review with a thread for each; False where it brought nothing new. It is known by its first question."""
    ids = {question.number: question_id for question_id, question in _by_id(round).items()}
    first = ids[questions[0].number]
    with round.work.db.read() as tx:
        before = intents.find(tx, "thread", first)
        name = f"{first}.2" if before else first  # somebody deleted the first one
        known = intents.find(tx, "review", name)
    if known is not None and known.state == "made":
        return False
    round.repo.take_turn(creates=True)
    with round.work.note() as tx:
        row, since = intents.intend(tx, "review", name, round.project.repository_id or 0)
    bodies = {ids[one.number]: _body(round, one) for one in questions}
    comments = [
        LineComment(ids[one.number], *lines[one.number], bodies[ids[one.number]]) for one in questions
    ]
    try:
        threads = ensure_review(
            round.repo, secret=round.work.tools.secret, local_id=row.local_id, pull_number=round.number,
            recover_since=since, commit=round.session.head or "",
            body=questiontext.review_body(questions), comments=comments,
        )  # fmt: skip
    except Unprocessable:
        if round.is_ours and round.work.claim.attempt < outbox.TRIES:
            raise  # GitHub may not have seen our push yet
        threads = {}  # the diff moved on meanwhile: they are asked in comments
    with round.work.note() as tx:
        intents.made(tx, "review", row.local_id, 0)
        for question_id, (comment_id, url) in threads.items():
            intents.intend(tx, "thread", question_id, round.project.repository_id or 0)
            shown = digest(bodies[question_id]) if question_id in bodies else None
            intents.made(tx, "thread", question_id, comment_id, url=url, shown=shown)
            question = tx.get_one(SessionQuestion, question_id)
            question.comment_id, question.url = comment_id, url
    return bool(threads)


def _comment(round: Round, question: Question) -> None:
    """A question that has no line in a diff; it is answered by its number."""
    question_id = next(one for one, its in _by_id(round).items() if its.number == question.number)
    body = _body(round, question, in_thread=False)

    def make(row: GithubObject, since: datetime | None) -> Made:
        return ensure_comment(
            round.repo, secret=round.work.tools.secret, issue_number=round.number, local_id=row.local_id,
            comment_id=None, recover_since=since, body=body,
        )  # fmt: skip

    there = ensure(round.work, round.project, "question", question_id, body, make)
    with round.work.note() as tx:
        tx.get_one(SessionQuestion, question_id).url = there.url


def _keep(round: Round, question_id: str, question: Question) -> None:
    """Edit the question's comment where it says something else; one that is gone is asked again, once."""
    with round.work.db.read() as tx:
        in_thread = tx.get_one(SessionQuestion, question_id).comment_id is not None
    body = _body(round, question, in_thread=in_thread)

    def make(row: GithubObject, _since: datetime | None) -> Made:
        told = {"secret": round.work.tools.secret, "local_id": question_id, "comment_id": row.number or 0}
        if in_thread:
            return edit_review_comment(round.repo, **told, body=body)
        return edit_comment(round.repo, **told, body=body)

    kind = "thread" if in_thread else "question"
    try:
        ensure(round.work, round.project, kind, question_id, body, make)
    except NotFound:
        with round.work.note() as tx:
            if row := intents.find(tx, kind, question_id):
                rounds.comment_gone(tx, round.project, row.number or 0, in_thread=in_thread)


def _body(round: Round, question: Question, *, in_thread: bool = True) -> str:
    return questiontext.question_comment(question, round.repository_url, in_thread=in_thread)
