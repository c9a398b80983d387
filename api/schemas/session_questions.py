"""The shapes of questions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import AnsweringId, AnyCase, Body, Part, Query, QuestionId, SomeText, Text, View

Status = Literal["pending", "approved", "declined"]


class Option(Part):
    letter: str
    text: str
    recommended: bool
    leaves: bool


class Vote(View):
    by: str
    status: Status
    correction: str | None
    url: str | None
    at: datetime


class Thread(View):
    url: str


class QuestionOut(View):
    id: str
    answering_session_id: str
    number: int
    question: str
    assumption: str
    correction: str | None
    status: Status
    conflict: bool
    answer: str | None = None
    options: list[Option]
    confidence: str | None
    evidence: str | None
    issue_ids: list[str]
    blocking: bool
    reviewed_at: datetime | None
    reviewed_by: str | None
    via: str | None
    revision: int
    github: Thread | None = None
    votes: list[Vote] = []


class QuestionById(Query):
    id: QuestionId


class QuestionsOf(Query):
    answering_session_id: AnsweringId


class QuestionNamed(Body):
    id: QuestionId


class NewReview(QuestionNamed):
    """`correction` is needed to decline, and has no place in an approval."""

    status: Annotated[Literal["approved", "declined"], AnyCase]
    correction: Text | None = None


class NewReviews(Body):
    reviews: Annotated[list[NewReview], Field(min_length=1, max_length=100)]


class NewAssumption(QuestionNamed):
    assumption: SomeText
