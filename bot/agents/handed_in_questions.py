"""What a program hands in for `ask` and `fix`, and what of it is taken over."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from bot.agents.base import (
    MAX_PLACES,
    MAX_QUESTIONS,
    AskedQuestion,
    AskResult,
    Dropped,
    FixResult,
    Letter,
    Level,
    Option,
    Outcome,
    Span,
    Task,
    Wire,
)
from bot.agents.handed_in import TEXT, TITLE, Cutter, GivenPlace, real_places
from bot.agents.tree import Tree

LETTERS: tuple[Letter, ...] = ("A", "B", "C", "D", "E")


class GivenOption(Wire):
    text: str = Field(min_length=1)
    recommended: bool = False
    leaves: bool = False


class GivenQuestion(Wire):
    """`options`: at most five, lettered by us, the recommended one (else the first) in front.

    `assumption`: without one it is the recommended option. `issueIds`: without any, all that were asked about.
    """

    question: str = Field(min_length=1)
    why: str = ""
    assumption: str = ""
    options: list[GivenOption] = Field(default=[], max_length=len(LETTERS))
    confidence: Level = "medium"
    evidence: str = ""
    places: list[GivenPlace] = []
    issue_ids: list[str] = []
    blocking: bool = True
    needs_own_answer: bool = False
    external_id: str | None = None

    @model_validator(mode="after")
    def _assumes_something(self) -> Self:
        if not (self.assumption.strip() or self.options):
            raise ValueError("a question needs an assumption or options")
        if sum(option.recommended for option in self.options) > 1:
            raise ValueError("only one option can be the recommended one")
        return self


class HandedInQuestions(Wire):
    """result.json of an ask."""

    questions: list[GivenQuestion] = []
    summary: str = ""


class HandedInFix(Wire):
    """result.json of a fix; the change is what `repo` holds."""

    outcome: Outcome
    summary: str = ""
    questions: list[GivenQuestion] = []

    @model_validator(mode="after")
    def _questions_are_for_people(self) -> Self:
        if bool(self.questions) != (self.outcome == "needs_answer"):
            raise ValueError("questions belong to the outcome needs_answer, and to no other")
        return self


def asked(given: HandedInQuestions, task: Task, tree: Tree) -> AskResult:
    """The questions about the task's issues, bounded, with the places that exist."""
    cut = Cutter()
    limit = min(MAX_QUESTIONS, task.max_questions)
    questions = [
        _question(one, number, task, tree, cut) for number, one in enumerate(given.questions[:limit])
    ]
    offered = sum(len(one.places) for one in given.questions[:limit])
    dropped = Dropped(
        places=offered - sum(len(one.places) for one in questions),
        texts=cut.count,
        questions=max(0, len(given.questions) - limit),
    )
    return AskResult(questions=questions, summary=cut(given.summary, TEXT), dropped=dropped)


def fixed(given: HandedInFix, task: Task, tree: Tree) -> FixResult:
    """The outcome as the program gave it, its questions bounded."""
    questions = asked(HandedInQuestions(questions=given.questions), task, tree).questions
    return FixResult(outcome=given.outcome, summary=Cutter()(given.summary, TEXT), questions=questions)


def _question(given: GivenQuestion, number: int, task: Task, tree: Tree, cut: Cutter) -> AskedQuestion:
    known = [issue.id for issue in task.issues]
    named = [one for one in known if one in given.issue_ids]
    options = _options(given, cut)
    return AskedQuestion(
        question=cut(" ".join(given.question.split()), TITLE) or "?",
        why=cut(given.why, TEXT),
        assumption=cut(given.assumption.strip(), TEXT) or options[0].text,
        options=options,
        confidence=given.confidence,
        evidence=cut(given.evidence, TEXT),
        places=[
            Span(path=place.path, start_line=place.start_line, end_line=place.end_line or place.start_line)
            for place in real_places(given.places, tree)[:MAX_PLACES]
        ],
        issue_ids=named or ([] if given.issue_ids else known),
        blocking=given.blocking,
        needs_own_answer=given.needs_own_answer,
        external_id=cut(given.external_id or f"q{number + 1}", 100),
    )


def _options(given: GivenQuestion, cut: Cutter) -> list[Option]:
    best = next((index for index, option in enumerate(given.options) if option.recommended), 0)
    ordered = sorted(enumerate(given.options), key=lambda pair: pair[0] != best)
    return [
        Option(letter=letter, text=cut(option.text, TITLE), recommended=index == best, leaves=option.leaves)
        for letter, (index, option) in zip(LETTERS, ordered, strict=False)
    ]
