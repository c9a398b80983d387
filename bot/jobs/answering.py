"""What an answering session wants done by itself: asking, settling, freezing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.agents.base import Answer, AskedQuestion, AskResult, IssueBrief, Span, Task
from bot.agents.run import run_ask
from bot.domain import answering, chains, questions, repo_config, runs, votes
from bot.github import people
from bot.jobs import agent
from bot.jobs.agent import RunFailed
from bot.jobs.errors import Later
from bot.jobs.work import Work
from bot.store.models import AnsweringSession, Issue, Project


def ask(work: Work) -> None:
    """Run the agent that asks, over a clean checkout."""
    with work.note() as tx:
        session, project = _load(tx, work)
        if session.status != "pending" or not session.run_id:
            return
        agent.must_be_allowed(project)
        run = runs.get(tx, project.id, session.run_id)
        runs.start(run)
        asked_about = [tx.get_one(Issue, issue_id) for issue_id in session.asked]
        about = [brief(tx, issue) for issue in asked_about if not issue.deleted_at]
    try:
        result, commit = _ask(work, session, project, run.template_id, about)
    except RunFailed as failed:
        with work.finish() as tx:
            died(tx, work.args, str(failed))
        return
    with work.finish() as tx:
        session, project = _load(tx, work)
        if session.status == "pending" and runs.is_live(tx, run.id):
            session.commit = commit
            runs.end(runs.get(tx, project.id, run.id), "completed", summary=result.summary)
            answering.asked(tx, project, session, [asked(one) for one in result.questions])


def died(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the session stays pending and says why."""
    session = tx.get_one(AnsweringSession, args["session_id"], with_for_update=True)
    if session.status == "pending" and session.run_id and runs.is_live(tx, session.run_id):
        answering.failed(tx, session, error)


def settle(work: Work) -> None:
    """The last question was answered on GitHub: wait whether it was a slip, then the session is reviewed."""
    with work.note() as tx:
        session, project = _load(tx, work)
        left = questions.settled(
            tx, session, timedelta(seconds=repo_config.of(project).questions.settle_seconds)
        )
        if left is None:
            return
        if left == 0:
            answering.review(tx, project, session)
            return
    raise Later(left, "waits whether the last answer was a slip")


def freeze(work: Work) -> None:
    """Ask GitHub once more who may decide, freeze the set, and hand the answers to their issues."""
    with work.db.read() as tx:
        session, project = _load(tx, work)
        if session.status != "reviewed":
            return
        asked_of = {vote.user_id: vote.by for vote in _votes(tx, session)}
    lost = {user_id for user_id, login in asked_of.items() if not _may_decide(work, project, login, user_id)}
    with work.finish() as tx:
        session, project = _load(tx, work)
        answers, wanted = questions.answers(tx, session), work.args.get("digest")
        if session.status != "reviewed" or wanted not in (None, answering.digest(answers)):
            return
        if lost:
            questions.drop_votes(tx, session, lost)
        if any(question.status == "pending" for question in answering.questions(tx, session.id)):
            answering.set_status(tx, project, session, "active")
            return
        answering.freeze(tx, session, questions.answers(tx, session))
        answering.complete(tx, project, session)
        chains.answered(tx, project, session)


def not_frozen(tx: Session, args: dict[str, str], error: str) -> None:
    """The last try failed: the session stays reviewed and says why."""
    tx.get_one(AnsweringSession, args["session_id"]).error = f"The answers could not be fixed: {error}"


def brief(tx: Session, issue: Issue) -> IssueBrief:
    """The issue as an agent is told of it, with what people said about it."""
    return IssueBrief(
        id=issue.id,
        title=issue.title[:200],
        description=issue.description[:20_000],
        priority=issue.priority,  # type: ignore[arg-type]
        rule=issue.rule,
        area=issue.area or "",
        locations=[
            Span(path=place["path"], start_line=place["startLine"], end_line=place["endLine"])
            for place in issue.locations
        ],
        autofix=issue.autofix,
        answers=[
            Answer(question=one["question"], answer=one["answer"], by="a reviewer")
            for one in questions.answers_for(tx, issue.project_id, issue)
        ],
    )


def asked(one: AskedQuestion) -> dict[str, Any]:
    """The agent's question as the session keeps it."""
    return {
        "external_id": one.external_id,
        "question": one.question,
        "why": one.why,
        "assumption": one.assumption,
        "options": [option.model_dump() for option in one.options],
        "places": [
            {"path": place.path, "startLine": place.start_line, "endLine": place.end_line}
            for place in one.places
        ],
        "confidence": one.confidence,
        "evidence": one.evidence or None,
        "issue_ids": one.issue_ids,
        "blocking": one.blocking,
        "needs_own_answer": one.needs_own_answer,
    }


def _ask(
    work: Work, session: AnsweringSession, project: Project, template_id: str, about: list[IssueBrief]
) -> tuple[AskResult, str]:
    with agent.live(work, session.run_id or "") as live, agent.reasons(project):
        template = work.tools.template(template_id)
        with agent.checkout(work, project) as source, agent.sandbox(live, template) as box:
            task = Task(kind="ask", issues=about, max_questions=session.max_questions, commit=source.commit)
            return run_ask(template, task, source.folder, box, live.progress, live.log), source.commit


def _load(tx: Session, work: Work) -> tuple[AnsweringSession, Project]:
    session = tx.get_one(AnsweringSession, work.args["session_id"], with_for_update=True)
    return session, tx.get_one(Project, session.project_id)


def _votes(tx: Session, session: AnsweringSession) -> list[Any]:
    by_question = votes.of(tx, [question.id for question in answering.questions(tx, session.id)])
    return [vote for cast in by_question.values() for vote in cast]


def _may_decide(work: Work, project: Project, login: str, user_id: int) -> bool:
    try:
        level = people.permission(work.tools.repo(project, metadata="read"), login, user_id)
    except people.Undecided as undecided:
        if undecided.retry_after is not None:
            raise Later(undecided.retry_after, str(undecided)) from undecided
        raise
    return level >= people.Level.WRITE
