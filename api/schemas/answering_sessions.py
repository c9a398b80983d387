"""The shapes of answering sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.schemas.base import (
    AnsweringId,
    AnyCase,
    Body,
    Confidence,
    Ids,
    Paged,
    Part,
    PullRequest,
    Query,
    SessionId,
    Short,
    SomeText,
    Text,
    View,
)
from api.schemas.shown import NULL, an_id, id_of, like

Status = Literal["pending", "active", "reviewed", "completed", "archived"]


class AnsweringOut(View):
    id: Annotated[str, id_of("as")]
    issue_session_id: Annotated[str, id_of("is")] | None
    project_id: Annotated[str, id_of("proj")]
    status: Status
    question_count: Annotated[int, like(2)] = 0
    reviewed_count: Annotated[int, like(1)] = 0
    created_at: datetime
    completed_at: datetime | None
    pull_request: PullRequest | None = None
    answers_digest: str | None
    error: str | None
    run_id: Annotated[str, id_of("run")] | None
    tokens: Annotated[int, like(0)]


class NewAnsweringOut(AnsweringOut):
    """`callbackToken`: with `agent: false`, and only here: it is kept as a hash."""

    callback_token: str | None = None


class AnsweringById(Query):
    id: AnsweringId


class AnsweringFilters(Paged):
    issue_session_id: SessionId | None = None
    status: Annotated[Status | None, AnyCase] = None


class NewAnswering(Body):
    """Exactly one of `issueSessionId` and `issueIds` is needed."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [one], "properties": {one: {"not": NULL}, other: NULL}}
                for one, other in (("issueSessionId", "issueIds"), ("issueIds", "issueSessionId"))
            ]
        }
    )

    issue_session_id: Annotated[SessionId | None, like(an_id("is"))] = None
    issue_ids: Annotated[Ids, like([an_id("iss")])] | None = None
    pull_request_number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    max_questions: Annotated[int, Field(ge=1, le=50)] | None = None
    agent: bool = True


class AnsweringNamed(Body):
    id: AnsweringId


class NewStatus(AnsweringNamed):
    status: Annotated[Status, AnyCase, like("reviewed")]


class GivenOption(Body):
    """`letter`: that of its place, or none for any option; then they are lettered with the recommended one first."""

    letter: Literal["A", "B", "C", "D", "E"] | None = None
    text: Annotated[SomeText, like("Yes, it may.")]
    recommended: bool = False
    leaves: bool = False


def _can_be_told_apart(options: list[GivenOption]) -> list[GivenOption]:
    letters = [option.letter for option in options]
    if any(letters) and letters != list("ABCDE"[: len(letters)]):
        raise PydanticCustomError("letters", "Give letters to all, A, B, C in this order, or to none")
    if len({option.text.casefold() for option in options}) < len(options):
        raise PydanticCustomError("texts", "Each option must have a text of its own")
    if sum(option.recommended for option in options) > 1:
        raise PydanticCustomError("recommended", "At most one option can be the recommended one")
    return options


class GivenQuestion(Body):
    """`issueIds`: unless given, all that the session is about. `blocking`: no fix of them before it is reviewed."""

    external_id: Annotated[Short, like("cart-default")]
    question: Annotated[SomeText, like("May the default of `cart` change?")]
    assumption: Annotated[SomeText, like("Yes, it may.")]
    options: Annotated[list[GivenOption], Field(max_length=5), AfterValidator(_can_be_told_apart)] = []
    issue_ids: Annotated[Ids, like([an_id("iss")])] | None = None
    blocking: bool = True
    confidence: Annotated[Confidence | None, AnyCase] = None
    evidence: Text | None = None


class NewQuestions(AnsweringNamed):
    questions: Annotated[list[GivenQuestion], Field(min_length=1, max_length=100)]


class Answered(Part):
    """`leaves`: the answer leaves things alone; `free`: it is none of the options."""

    number: Annotated[int, like(1)]
    question: Annotated[str, like("May the default of `cart` change?")]
    answer: Annotated[str, like("Yes, it may.")]
    status: Literal["approved", "declined"]
    issue_ids: list[Annotated[str, id_of("iss")]]
    by: Annotated[str, like("github:mona")] | None
    at: Annotated[str, like("2026-03-01T12:00:00+00:00")] | None
    via: Literal["github", "rest"] | None
    url: str | None
    leaves: bool
    free: bool


class Receipt(View):
    """The digest is the SHA-256 of `answers` as JSON, its keys sorted, in UTF-8."""

    answering_session_id: Annotated[str, id_of("as")]
    answers_digest: Annotated[str, like("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    commit: str | None
    answers: list[Answered]
