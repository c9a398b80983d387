"""Questions by REST."""

from __future__ import annotations

from collections.abc import Sequence

from api.routes import Call, Routes
from api.schemas.session_questions import (
    NewAssumption,
    NewReview,
    NewReviews,
    QuestionById,
    QuestionNamed,
    QuestionOut,
    QuestionsOf,
    Thread,
    Vote,
)
from bot.domain import answering, answers, questions, votes
from bot.domain.pages import Page
from bot.store.models import SessionQuestion

routes = Routes()


@routes.get("/session-questions", scope="answering-sessions:read")
def list_(call: Call, query: QuestionsOf) -> Page[QuestionOut]:
    """All questions of an answering session, in their order."""
    session = answering.get(call.tx, call.project_id, query.answering_session_id, field="answeringSessionId")
    return Page(_out(call, answering.questions(call.tx, session.id)), None)


@routes.get("/session-questions/:id", scope="answering-sessions:read")
def get(call: Call, query: QuestionById) -> QuestionOut:
    """One question."""
    return _one(call, questions.get(call.tx, call.project_id, query.id, lock=call.locks)[0])


@routes.put("/session-questions/:id/review", scope="answering-sessions:write")
def review(call: Call, body: NewReview) -> QuestionOut:
    """Approve the assumption, or decline it with the correction that holds instead."""
    return _one(
        call, questions.review(call.tx, call.project, body.id, body.status, body.correction, call.actor)
    )


@routes.post("/session-questions/review", scope="answering-sessions:write")
def review_all(call: Call, body: NewReviews) -> Page[QuestionOut]:
    """Review many questions, all or none."""
    reviews = [one.model_dump() for one in body.reviews]
    return Page(_out(call, questions.review_all(call.tx, call.project, reviews, call.actor)), None)


@routes.put("/session-questions/:id/assumption", scope="answering-sessions:write")
def assume(call: Call, body: NewAssumption) -> QuestionOut:
    """Change the assumption of a question that nobody has approved."""
    return _one(call, questions.assume(call.tx, call.project, body.id, body.assumption))


@routes.post("/session-questions/:id/withdraw", scope="answering-sessions:write")
def withdraw(call: Call, body: QuestionNamed) -> QuestionOut:
    """Take a review back; what people said on GitHub counts again."""
    return _one(call, questions.withdraw(call.tx, call.project, body.id))


def _one(call: Call, question: SessionQuestion) -> QuestionOut:
    return _out(call, [question])[0]


def _out(call: Call, rows: Sequence[SessionQuestion]) -> list[QuestionOut]:
    cast = votes.of(call.tx, [row.id for row in rows])
    found = []
    for row in rows:
        out = QuestionOut.model_validate(row)
        out.answer = answers.given(row)
        out.github = Thread(url=row.url) if row.url else None
        out.votes = [Vote.model_validate(vote) for vote in cast.get(row.id, [])]
        found.append(out)
    return found
