"""A chain of work on its pull request: what was done, what was not and why, and on whose word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.github.answertext import clarifications
from bot.github.issuetext import code, cut
from bot.github.questiontext import Question
from bot.github.wording import SHORT, cell, count, paragraphs, said, sentence, table, who

CHECK_NAME = "askfirst / chain"
READ = "Best read commit by commit: each is one issue, and says what was done and on which answers."

ItemState = Literal["pending", "running", "waiting", "done", "no_change", "skipped", "failed"]
ChainState = Literal["pending", "running", "paused", "completed", "failed", "cancelled"]
Conclusion = Literal["success", "failure", "neutral", "action_required"]

_STATES: dict[ItemState, str] = {
    "pending": "to do",
    "running": "in work",
    "waiting": "**waits for an answer**",
    "done": "done",
    "no_change": "nothing to change",
    "skipped": "left out",
    "failed": "**failed**",
}
_REASONS = {
    "needs_answer": "An answer is needed first; its question is in a thread of its own.",
    "foreign_commit": "Somebody else's commit is on the branch, and I add nothing on top of it unasked; "
    "`/askfirst resume` builds on it.",
    "person": "Somebody paused it; `/askfirst resume` goes on.",
    "project": "The whole project is paused; it goes on with it.",
}
_TURNS = {
    "foreign_commit": "there is a commit on the branch that is not mine",
    "person": "somebody paused it",
    "project": "the project is paused, and it goes on with it",
}


@dataclass(frozen=True)
class Item:
    """One issue of the chain. `number`: on GitHub; `note`: what was done, or why not; `answers`: it rests on them."""

    title: str
    state: ItemState
    number: int | None = None
    commit: str | None = None
    note: str = ""
    answers: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Chain:
    """A chain as it stands. `questions`: of all its items; `verified`: what checked it, or None.

    `reason`: why it is paused or failed, a code or a sentence; `started_by`: `github:<login>` or `key:<name>`;
    `tokens`: that a model took for it;
    `verify`: what was to check it, where the workflow names that.
    """

    title: str
    state: ChainState
    items: tuple[Item, ...]
    repository_url: str
    questions: tuple[Question, ...] = ()
    reason: str = ""
    verified: str | None = None
    verify: str | None = None
    started_by: str = ""
    tokens: int = 0

    def number_of(self, *states: ItemState) -> int:
        """How many items are in these states."""
        return sum(item.state in states for item in self.items)


def chain_title(chain: Chain) -> str:
    """The title of the chain's pull request."""
    return said(chain.title, 200)


def chain_body(chain: Chain) -> str:
    """The text of the chain's pull request, kept current."""
    rows = [
        (str(place), _issue(item), _STATES[item.state], _commit(item, chain), _note(item))
        for place, item in enumerate(chain.items, start=1)
    ]
    return paragraphs(
        f"{_standing(chain)}{f' Started by {who(chain.started_by)}.' if chain.started_by else ''}{_took(chain)}",
        table(("", "issue", "state", "commit", "what and why"), rows),
        _verification(chain),
        READ if chain.number_of("done") > 1 else "",
        clarifications(chain.questions),
        _closes(chain),
    )


def waiting(questions: Sequence[Question]) -> str:
    """A turning point: somebody has to answer before it goes on."""
    those = f" to {', '.join(map(_named, questions))}" if questions else ""
    return f"I stopped here: the next issue needs an answer{those} first. I go on by myself when it is given."


def paused(reason: str) -> str:
    """A turning point: it cannot go on by itself."""
    how = "" if reason == "project" else " `/askfirst resume` goes on, on top of what is there then."
    return f"I paused the work: {sentence(_TURNS.get(reason, reason))} What was pushed stays as it is.{how}"


def finished(chain: Chain) -> str:
    """A turning point: all is done that will be done."""
    if not chain.number_of("done"):
        return "The work is finished: nothing had to be changed. The table above says why."
    return f"The work is finished and ready for review: {_tally(chain)}. {_verification(chain)}"


def failed(chain: Chain) -> str:
    """A turning point: it stopped at an error."""
    wrong = next((item for item in chain.items if item.state == "failed"), None)
    where = f" at {_issue(wrong)}" if wrong else ""
    why = wrong.note if wrong and wrong.note else chain.reason
    return f"The work stopped{where}: {_why(why)} What was pushed before ({_tally(chain)}) stays as it is."


def check_output(chain: Chain) -> tuple[Conclusion | None, str, str]:
    """The check run: conclusion (None while it works), title, summary."""
    conclusions: dict[ChainState, Conclusion] = {
        "paused": "action_required",
        "failed": "failure",
        "cancelled": "neutral",
        "completed": "success" if chain.number_of("done") else "neutral",
    }
    return (
        conclusions.get(chain.state),
        _tally(chain),
        f"{_standing(chain)}\n\n{_verification(chain)}".strip(),
    )


def went_on() -> tuple[Conclusion, str, str]:
    """The check run on a commit that is not the last one any more: conclusion, title, summary."""
    return "neutral", "The work went on", "See the check of the branch's last commit."


def _standing(chain: Chain) -> str:
    tally = f"**{_tally(chain)}**"
    reason = _why(chain.reason) if chain.reason else ""
    match chain.state:
        case "completed":
            return f"{tally}. Nothing more will be added."
        case "failed":
            return f"{tally}: the work stopped. {reason}".strip()
        case "paused":
            return f"{tally}; the work is paused. {reason}".strip()
        case "cancelled":
            return f"{tally}: the work was cancelled. {reason}".strip()
        case _:
            return f"{tally}, a commit for each. The work goes on; this text follows it."


def _why(reason: str) -> str:
    return _REASONS.get(reason) or sentence(reason or "no reason was given")


def _tally(chain: Chain) -> str:
    parts = [f"{chain.number_of('done')} of {count(len(chain.items), 'issue')} done"]
    for word, number in (
        ("left out", chain.number_of("skipped", "no_change")),
        ("failed", chain.number_of("failed")),
    ):
        if number:
            parts.append(f"{number} {word}")
    return ", ".join(parts)


def _took(chain: Chain) -> str:
    return f" A model took {chain.tokens:,} tokens." if chain.tokens else ""


def _verification(chain: Chain) -> str:
    if not chain.number_of("done"):
        return ""
    if chain.verified:
        return f"Verified with {code(cut(chain.verified, SHORT))}."
    why = (
        f"{code(cut(chain.verify, SHORT))} runs only in a container, and did not run for every change here"
        if chain.verify
        else "I did not run the project's own tests"
    )
    return f"*Not verified*: {why}. See the checks of this pull request before you merge it."


def _issue(item: Item) -> str:
    title = cell(item.title, 120) or "a deleted issue"
    return f"#{item.number} {title}" if item.number else title


def _commit(item: Item, chain: Chain) -> str:
    if item.commit is None:
        return ""
    return f"[{code(item.commit[:7])}]({chain.repository_url}/commit/{item.commit})"


def _note(item: Item) -> str:
    word = ", ".join(f"{_named(one)} by {who(one.reviewed_by)}" for one in item.answers)
    return " ".join(part for part in (cell(item.note), f"(decided in {word})" if word else "") if part)


def _named(question: Question) -> str:
    return f"[{question.name}]({question.url})" if question.url else question.name


def _closes(chain: Chain) -> str:
    lines = [f"Fixes #{item.number}" for item in chain.items if item.state == "done" and item.number]
    return "\n".join(["### When this is merged", "", *lines]) if lines else ""
