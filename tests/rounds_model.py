"""What a round must come to: the rules of answering once more, small and apart from the code that follows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SETTLE = timedelta(seconds=120)
ASSUMED, LEFT, OTHER = "Yes, it may.", "Leave it alone.", "Only for new callers."

Said = tuple[str, str | None, bool]  # status, correction, and whether it counts after a vote too
MEANS: dict[str, Said] = {
    "approve": ("approved", None, True),
    "Yes!": ("approved", None, False),
    "A": ("approved", None, True),
    "B": ("declined", LEFT, True),
    "In UTC.": ("declined", "In UTC.", False),
    "correct: Only in tests.": ("declined", "Only in tests.", True),
    "Is that so?": ("nothing", None, False),
    "no": ("nothing", None, False),
    "withdraw": ("withdrawn", None, True),
}


@dataclass(frozen=True)
class Telling:
    """What GitHub tells of a text: `here` is said in a question's thread, `named` to questions by number."""

    action: str
    text_id: int
    at: datetime
    author: str
    actor: str
    thread: int | None
    here: str | None
    named: dict[int, str]


@dataclass
class Word:
    """What a text says about a question now."""

    at: datetime
    author: str
    said: Said


@dataclass
class Decision:
    """A review by REST, or a maintainer's word."""

    at: datetime
    by: str
    said: tuple[str, str | None]
    over: set[int]
    maintainer: str | None = None


@dataclass
class Question:
    """What was said about it, by text, and what ends a conflict."""

    words: dict[int, Word] = field(default_factory=dict)
    decision: Decision | None = None

    def votes(self) -> dict[str, tuple[int, Word]]:
        """By person: the text that counts."""
        found: dict[str, tuple[int, Word]] = {}
        for text_id, word in sorted(self.words.items(), key=lambda item: (item[1].at, item[0])):
            status, _, explicit = word.said
            if status == "nothing" or (word.author in found and not explicit):
                continue
            found.pop(word.author, None)
            if status != "withdrawn":
                found[word.author] = (text_id, word)
        return found

    def voices(self) -> list[tuple[str, tuple[str, str | None]]]:
        """Who says what, the decision first and then what came after it."""
        after = list(self.votes().values())
        if self.decision is None:
            return [(word.author, word.said[:2]) for _, word in after]
        decided = self.decision
        after = [
            (text_id, word)
            for text_id, word in after
            if word.at > decided.at or (word.at == decided.at and text_id not in decided.over)
        ]
        return [(decided.by, decided.said), *((word.author, word.said[:2]) for _, word in after)]

    @property
    def state(self) -> str:
        said = {one for _, one in self.voices()}
        return "conflict" if len(said) > 1 else said.pop()[0] if said else "pending"

    @property
    def answer(self) -> str | None:
        if self.state in ("pending", "conflict"):
            return None
        return self.voices()[0][1][1] or ASSUMED


class Model:
    """A round of some questions; `level` says what a person may do at this moment."""

    def __init__(self, questions: int, level: Callable[[str], str]) -> None:
        self.questions = {number: Question() for number in range(1, questions + 1)}
        self.level = level
        self.status = "active"
        self.voted_at: datetime | None = None
        self.settle_at: datetime | None = None
        self.frozen: list[str | None] = []

    def may(self, person: str, needed: str = "write") -> bool:
        order = ["none", "read", "triage", "write", "maintain", "admin"]
        return order.index(self.level(person)) >= order.index(needed)

    def take(self, told: Telling, now: datetime) -> None:
        """A delivery about a text is handled."""
        said = dict(told.named) | ({told.thread: told.here} if told.thread and told.here is not None else {})
        held = [one for one in self.questions if self._said(one, told.text_id) != "nothing"]
        if told.action == "deleted":
            at = max(told.at, now) + timedelta(seconds=1)
            for number in {*held, *said, *([told.thread] if told.thread else [])}:
                self._hear(number, told, at, ("nothing", None, False), now)
        elif told.actor != told.author:
            return
        elif not self.may(told.author):
            for number in held if told.action == "edited" else ():
                self._hear(number, told, told.at, ("nothing", None, False), now)
        else:
            for number, text in said.items():
                status, correction, explicit = MEANS[text]
                explicit = explicit or number != told.thread
                if not explicit and self._has_voted(number, told):
                    status = "nothing"
                self._hear(number, told, told.at, (status, correction, explicit), now)
            for number in held:
                if number not in said:
                    self._hear(number, told, told.at, ("nothing", None, False), now)

    def review(self, number: int, status: str, correction: str | None, now: datetime) -> None:
        """By REST; it waits for somebody to go on."""
        over = {text_id for text_id, _ in self.questions[number].votes().values()}
        self.questions[number].decision = Decision(now, "key:test", (status, correction), over)

    def withdraw(self, number: int) -> None:
        self.questions[number].decision = None

    def decide(self, number: int, by: str, status: str, correction: str | None, now: datetime) -> None:
        over = {text_id for text_id, _ in self.questions[number].votes().values()}
        said = (status, correction)
        self.questions[number].decision = Decision(now, f"github:{by}", said, over, maintainer=by)
        self._changed(now)

    def reopen(self, number: int, now: datetime) -> None:
        question = self.questions[number]
        question.decision = None
        for word in question.words.values():
            if word.said[0] != "nothing" and word.at <= now:
                word.at, word.said = now, ("nothing", None, False)
        self._changed(now)

    @property
    def is_answered(self) -> bool:
        return all(one.answer is not None for one in self.questions.values())

    def proceed(self, now: datetime) -> bool:
        """Somebody sets it reviewed; False where something is open."""
        if self.status == "active" and self.is_answered:
            self._freeze(now)
            return True
        return False

    def time(self, now: datetime) -> None:
        """What is due by now."""
        if self.status != "active" or self.settle_at is None or self.settle_at > now:
            return
        self.settle_at = None
        if self.is_answered and self.voted_at:
            if self.voted_at + SETTLE <= now:
                self._freeze(now)
            else:
                self.settle_at = self.voted_at + SETTLE

    def _freeze(self, now: datetime) -> None:
        """GitHub is asked once more about everybody whose word counts."""
        before = [one.answer for one in self.questions.values()]
        silent = {person for person in self._spoke() if not self.may(person)}
        for question in self.questions.values():
            kept = {text_id: word for text_id, word in question.words.items() if word.author not in silent}
            question.words, decided = kept, question.decision
            if decided and decided.maintainer and not self.may(decided.maintainer, "maintain"):
                question.decision = None
        if [one.answer for one in self.questions.values()] != before:
            self._changed(now)
        else:
            self.status, self.frozen = "completed", before

    def _spoke(self) -> set[str]:
        questions = self.questions.values()
        deciders = {one.decision.maintainer for one in questions if one.decision}
        voters = {word.author for one in questions for _, word in one.votes().values()}
        return voters | {person for person in deciders if person}

    def _changed(self, now: datetime) -> None:
        self.voted_at = now
        if self.is_answered and self.settle_at is None:
            self.settle_at = now

    def _said(self, number: int, text_id: int) -> str:
        word = self.questions[number].words.get(text_id)
        return word.said[0] if word else "nothing"

    def _has_voted(self, number: int, told: Telling) -> bool:
        vote = self.questions[number].votes().get(told.author)
        return vote is not None and vote[0] != told.text_id and vote[1].at <= told.at

    def _hear(self, number: int, told: Telling, at: datetime, said: Said, now: datetime) -> None:
        if self.status != "active":
            return
        question, word = self.questions[number], self.questions[number].words.get(told.text_id)
        if word and (word.at > at or (said[0] == "nothing" and word.said[0] == "withdrawn")):
            return
        before = word.said[0] if word else "nothing"
        question.words[told.text_id] = Word(at, told.author, said)
        if said[0] == "withdrawn" and question.decision and question.decision.maintainer == told.author:
            question.decision = None
        if not before == said[0] == "nothing":
            self._changed(now)
