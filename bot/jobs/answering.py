"""What an answering session wants done by itself: asking, settling, freezing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.agents.base import Answer, AskedQuestion, AskResult, IssueBrief, Span, Task
from bot.agents.run import run_ask
from bot.domain import answering, answers, handover, questions, repo_config, runs
from bot.github import people
from bot.jobs import agent, roundfile
from bot.jobs.agent import RunFailed
from bot.jobs.errors import Later
from bot.jobs.rounds import Round
from bot.jobs.thinking import brain
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
        head = _head(work, session, project)
        result, commit = _ask(work, session, project, run.template_id, about, head)
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
        spoke = questions.voices(tx, session)
    if not session.answers_digest and not _fix(work, project, spoke):
        return
    with work.db.read() as tx:
        session, project = _load(tx, work)
    roundfile.complete(work, project, session)
    with work.finish() as tx:
        session, project = _load(tx, work)
        if session.status == "reviewed":
            handover.hand_over(tx, project, session)


def _fix(work: Work, project: Project, spoke: dict[int, str]) -> bool:
    """The set is fixed from here on; False where somebody may not answer any more, and it is open again."""
    levels = {user_id: _level(work, project, login, user_id) for user_id, login in spoke.items()}
    with work.note() as tx:
        session, project = _load(tx, work)
        wanted = work.args.get("digest")
        if session.status != "reviewed" or wanted not in (
            None,
            answering.digest(answers.of_session(tx, session)),
        ):
            return False
        if questions.voices(tx, session).keys() - levels.keys():
            raise Later(1, "somebody else answered meanwhile")
        silent = {user_id for user_id, level in levels.items() if level < people.Level.WRITE}
        powerless = {user_id for user_id, level in levels.items() if level < people.Level.MAINTAIN}
        if questions.weigh_again(tx, project, session, silent=silent, powerless=powerless):
            return False
        answering.freeze(tx, session, answers.of_session(tx, session))
        return True


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
            Answer(question=one["question"], answer=one["answer"], by=one["by"] or "a reviewer")
            for one in answers.for_issue(tx, issue.project_id, issue)
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


def _head(work: Work, session: AnsweringSession, project: Project) -> str | None:
    """The commit of the pull request that people named. Raises RunFailed where nothing can be asked there."""
    if session.pull_request_number is None or session.branch or project.repository_id is None:
        return None
    with agent.reasons(project):
        there = Round(work, project, session, []).look()
    if there.trouble:
        raise RunFailed(there.trouble)
    return there.head


def _ask(
    work: Work,
    session: AnsweringSession,
    project: Project,
    template_id: str,
    about: list[IssueBrief],
    head: str | None,
) -> tuple[AskResult, str]:
    """What the agent asks, and the commit that it looked at: a pull request's head where people named one."""
    pull = session.pull_request_number if head else None
    with agent.live(work, session.run_id or "") as live, agent.reasons(project):
        template = work.tools.template(template_id)
        with (
            agent.checkout(work, project, head, pull=pull) as source,
            agent.sandbox(work, live, template) as box,
        ):
            mind = brain(work, template, project, session.run_id or "")
            task = Task(kind="ask", issues=about, max_questions=session.max_questions, commit=source.commit)
            return run_ask(template, task, source.folder, box, live.progress, live.log, mind), source.commit


def _load(tx: Session, work: Work) -> tuple[AnsweringSession, Project]:
    session = tx.get_one(AnsweringSession, work.args["session_id"], with_for_update=True)
    return session, tx.get_one(Project, session.project_id)


def _level(work: Work, project: Project, login: str, user_id: int) -> people.Level:
    """What the person may do at this moment; no answer decides nothing, and is asked for again."""
    try:
        return people.permission(work.tools.repo(project, metadata="read"), login, user_id)
    except people.Undecided as undecided:
        if undecided.retry_after is not None:
            raise Later(undecided.retry_after, str(undecided)) from undecided
        raise
