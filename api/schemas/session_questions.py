"""The shapes of questions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from api.schemas.base import (
    BLANK,
    AnsweringId,
    AnyCase,
    Body,
    Confidence,
    Part,
    Query,
    QuestionId,
    Some,
    SomeText,
    Text,
    View,
)
from api.schemas.shown import NULL, id_of, like
from bot.webhooks import words

NOTHING: Any = {"type": "string", "pattern": f"^[{BLANK}]*$"}
Said = Annotated[Text, AfterValidator(words.cleaned)]  # as a reply on GitHub: nothing hidden reaches an agent
Status = Literal["pending", "approved", "declined"]


class Option(Part):
    letter: Annotated[str, like("A")]
    text: Annotated[str, like("Yes, it may.")]
    recommended: Annotated[bool, like(True)]
    leaves: Annotated[bool, like(False, "Choosing it dismisses the question's issues.")]


class Vote(View):
    by: Annotated[str, like("github:mona")]
    status: Status
    correction: str | None
    url: str | None
    at: datetime


class Thread(View):
    url: Annotated[str, like("https://github.com/mona/shop/pull/12#discussion_r1")]


class QuestionOut(View):
    id: Annotated[str, id_of("sq")]
    answering_session_id: Annotated[str, id_of("as")]
    number: Annotated[int, like(1)]
    question: Annotated[str, like("May the default of `items` change?")]
    assumption: Annotated[str, like("Yes, it may.")]
    correction: str | None
    status: Status
    conflict: bool
    answer: Annotated[str | None, Field(description="What the agent is given: assumption or correction.")] = (
        None
    )
    options: list[Option]
    confidence: Confidence | None
    evidence: str | None
    issue_ids: list[Annotated[str, id_of("iss")]]
    blocking: Annotated[bool, like(True, "Fixes of its issues wait until it is reviewed.")]
    reviewed_at: datetime | None
    reviewed_by: str | None
    via: Literal["rest", "github"] | None
    revision: Annotated[int, like(1)]
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

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"properties": {"status": {"const": "approved"}, "correction": {"anyOf": [NULL, NOTHING]}}},
                {
                    "properties": {
                        "status": {"const": "declined"},
                        "correction": {"type": "string", **Some.said},
                    },
                    "required": ["correction"],
                },
            ]
        }
    )

    status: Annotated[Literal["approved", "declined"], AnyCase, like("declined")]
    correction: Annotated[Said | None, like("Keep the default; change only the tests.")] = None


class NamedReview(NewReview):
    """A review that names its question itself."""


class NewReviews(Body):
    reviews: Annotated[list[NamedReview], Field(min_length=1, max_length=100)]


class NewAssumption(QuestionNamed):
    assumption: Annotated[SomeText, like("Yes, from the next major release on.")]
