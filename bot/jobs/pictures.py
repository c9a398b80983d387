"""Rows of the ledger as the texts on GitHub want to be told of them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.domain import answering, answers, chains, here, votes, workflows
from bot.github.chaintext import Chain, Item
from bot.github.issuetext import Place
from bot.github.questiontext import Option, Question, Vote
from bot.store.models import AnsweringSession, Issue, Project, QuestionVote, Run, SessionQuestion, WorkChain


def questions_of(tx: Session, session: AnsweringSession) -> list[Question]:
    """The session's questions as they stand."""
    rows = answering.questions(tx, session.id)
    cast = votes.of(tx, [row.id for row in rows])
    asked = [issue_id for row in rows for issue_id in row.issue_ids]
    numbers = dict(tx.execute(select(Issue.id, Issue.github_number).where(Issue.id.in_(asked))).all())  # type: ignore[arg-type]
    return [_question(row, session, cast.get(row.id, []), numbers) for row in rows]


def chain_of(tx: Session, project: Project, chain: WorkChain, repository_url: str) -> Chain:
    """The chain and its items as they stand."""
    session = tx.get(AnsweringSession, chain.answering_session_id or "")
    told = {one.question: one for one in (questions_of(tx, session) if session else [])}
    items, verified = [], set()
    for row in chains.items(tx, [chain.id])[chain.id]:
        issue = tx.get_one(Issue, row.issue_id)
        rests_on = _rests_on(tx, project, issue)
        told |= {question.question: question for question in rests_on}
        run = tx.get(Run, row.run_id) if row.run_id else None
        if row.status == "done":
            verified.add(run.verified if run else None)
        note = row.error or (run.summary if run and row.status == "done" else "") or ""
        items.append(
            Item(issue.title, row.status, issue.github_number, row.commit, note, tuple(rests_on))  # type: ignore[arg-type]
        )
    starter, workflow = here.starter(tx, chain), workflows.find(project, chain.workflow_id)
    return Chain(
        title=chain.title,
        state=chain.status,  # type: ignore[arg-type]
        items=tuple(items),
        repository_url=repository_url,
        questions=tuple(sorted(told.values(), key=lambda question: question.number)),
        reason=chain.error or chain.paused_reason or "",
        started_by=f"github:{starter[0]}" if starter else chain.created_by,
        verified=", ".join(sorted(filter(None, verified))) if None not in verified else None,
        verify=workflow.verify if workflow else None,
        tokens=chain.tokens,
    )


def _rests_on(tx: Session, project: Project, issue: Issue) -> list[Question]:
    sessions = select(AnsweringSession).where(
        AnsweringSession.project_id == project.id, AnsweringSession.status == "completed"
    )
    found = []
    for session in tx.scalars(sessions):
        if any(issue.id in answer["issueIds"] for answer in session.answers):
            rows = {row.number: row for row in answering.questions(tx, session.id)}
            found += [
                question
                for question in questions_of(tx, session)
                if issue.id in rows[question.number].issue_ids
            ]
    return found


def _question(
    row: SessionQuestion, session: AnsweringSession, cast: list[QuestionVote], numbers: dict[str, int | None]
) -> Question:
    said = [Vote(f"github:{vote.by}", vote.correction, vote.url) for vote in votes.counted(row, cast)]
    if row.decision:
        said.append(Vote(row.decision["by"], row.decision["correction"], row.decision.get("url")))
    return Question(
        number=row.number,
        question=row.question,
        why=row.why,
        assumption=row.assumption,
        options=tuple(Option(**option) for option in row.options),
        evidence=row.evidence,
        places=tuple(
            Place(place["path"], place["startLine"], place["endLine"], session.commit) for place in row.places
        ),
        issues=tuple(number for issue_id in row.issue_ids if (number := numbers.get(issue_id))),
        needs_own_answer=row.needs_own_answer,
        blocking=row.blocking,
        status=row.status,  # type: ignore[arg-type]
        answer=row.correction,
        reviewed_by=row.reviewed_by,
        reviewed_at=row.reviewed_at,
        answer_url=answers.url(row, cast),
        conflict=tuple(said) if row.conflict else (),
        url=row.url,
        in_thread=row.comment_id is not None,
        decided=bool(row.decision and row.via == "github"),
        outdated=row.outdated and row.status == "pending",
        commit=session.commit,
    )
