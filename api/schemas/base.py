"""What all shapes are made of: strict bodies, queries, views, and the types of their fields."""

from __future__ import annotations

import re
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from api.schemas.shown import Checked, an_id, id_pattern, like, never_null

Shown = TypeVar("Shown")


class Body(BaseModel):
    """A request's body: exactly these fields, of exactly these types."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, str_strip_whitespace=True, allow_inf_nan=False
    )

    def given(self) -> dict[str, Any]:
        """The fields that the caller sent, by their inner names."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Query(BaseModel):
    """A request's query parameters; others are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", str_strip_whitespace=True, json_schema_extra=never_null
    )


class View(BaseModel):
    """What goes out, read from a row's attributes."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(serialization_alias=to_camel),
        from_attributes=True,
        json_schema_serialization_defaults_required=True,
    )


class Part(BaseModel):
    """A part of a view that the ledger keeps as JSON, with the names that callers see."""

    model_config = ConfigDict(alias_generator=to_camel)


class One(View, Generic[Shown]):
    """The answer that is one object."""

    data: Shown


class Many(View, Generic[Shown]):
    """The answer that is one page of a list; `nextCursor` gives the next one."""

    data: list[Shown]
    next_cursor: str | None
    has_more: bool


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("nul", "A NUL character is not allowed; leave it out")
    return value


def _trimmed(value: str) -> str:
    return _without_nul(value).strip()


def _some(value: str) -> str:
    if not (trimmed := _trimmed(value)):
        raise PydanticCustomError("blank", "Must have at least 1 character that is not a blank")
    return trimmed


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _number(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,18}", value):
        raise PydanticCustomError("number", "Must be a whole number in digits")
    return value


def unchanged() -> Any:
    """The default of a field that may be left out, which then stays as it is."""
    return Field(default_factory=lambda: None)


def of_kind(prefix: str, noun: str) -> Checked:
    """An id with this prefix; anything else names nothing, which is 404 and not 400."""
    form = re.compile(id_pattern(prefix))

    def check(value: str) -> str:
        if not form.fullmatch(_without_nul(value)):
            raise PydanticCustomError(WRONG_KIND, f"There is no such {noun} in this project")
        return value

    return Checked(check, {"pattern": form.pattern, "examples": [an_id(prefix)]})


Confidence = Literal["low", "medium", "high"]
WRONG_KIND = "wrong_kind"
LONGEST_OFFSET = 2**53

AnyCase = BeforeValidator(_lower)  # for closed lists of words
BLANK = r"\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # what is trimmed
Trimmed = Checked(_trimmed, {"not": {"pattern": r"\u0000"}})
Some = Checked(_some, {"not": {"pattern": rf"\u0000|^[{BLANK}]*$"}})

# the length is that of what was sent: the document can say so, and nobody needs more blanks
Short = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200), Some]
SomeText = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=20_000), Some]
Text = Annotated[str, StringConstraints(strip_whitespace=False, max_length=20_000), Trimmed]
Words = Annotated[str, StringConstraints(strip_whitespace=False, max_length=200), Trimmed]
Ids = Annotated[
    list[Words],
    Field(min_length=1, max_length=100),
    AfterValidator(lambda ids: list(dict.fromkeys(ids))),
]
IssueId = Annotated[str, of_kind("iss", "issue")]
SessionId = Annotated[str, of_kind("is", "issue session")]
AnsweringId = Annotated[str, of_kind("as", "answering session")]
QuestionId = Annotated[str, of_kind("sq", "question")]
ChainId = Annotated[str, of_kind("wc", "work chain")]
AnyId = Annotated[str, of_kind("(?:iss|is|as|wc)", "object")]
RunId = Annotated[str, of_kind("run", "run")]
Limit = Annotated[int, Field(ge=1, le=100), BeforeValidator(_number)]
Offset = Annotated[int, Field(ge=0, le=LONGEST_OFFSET), BeforeValidator(_number)]


class Paged(Query):
    """The query of a list; all but these two are its filters."""

    limit: Limit = 100
    cursor: Annotated[str | None, Field(description="The `nextCursor` of the page before.")] = None


class PullRequest(View):
    number: Annotated[int, like(12)]
    url: Annotated[str, like("https://github.com/mona/shop/pull/12")]


class Skipped(View):
    id: Annotated[str, like(an_id("iss"))]
    code: Annotated[str, like("NOT_FOUND")]


class BulkDeleted(View):
    deleted: list[Annotated[str, like(an_id("iss"))]]
    skipped: list[Skipped]
