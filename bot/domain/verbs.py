"""What people may ask for in a comment: the one table that parser, permissions, help, docs and tests read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEVELS = ("none", "read", "triage", "write", "maintain", "admin")  # of GitHub's permissions, by rank


@dataclass(frozen=True)
class Verb:
    """One thing to ask for. `level` is the permission it needs, "" for anyone, `floor` the lowest that may be set.

    `takes` are the parts that may follow its word, `needs` those that must; `rest` is the endpoint that does the
    same, as the audit trail names it; `starts`: it starts an agent; `by_people`: it is an answer, and no bot's;
    `on_issue`: where it names no issue, it is about the one that it stands on.
    """

    name: str
    usage: str
    does: str
    level: str = "write"
    floor: str = ""
    rest: str = ""
    takes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    starts: bool = False
    by_people: bool = False
    on_issue: bool = False

    @property
    def word(self) -> str:
        """How it is written; `reopen` means an issue, or with a number a question."""
        return self.name.split()[0]

    @property
    def lowest(self) -> str:
        """The lowest level that a repository may set."""
        return self.floor or self.level or "none"


def _verb(name: str, usage: str, does: str, takes: str = "", needs: str = "", **more: Any) -> Verb:
    taken, needed = frozenset(takes.split()), frozenset(needs.split())
    return Verb(name, usage, does, takes=taken | needed, needs=needed, **more)


_REVIEW: dict[str, Any] = {"rest": "session-questions/review", "by_people": True}

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        _verb("help", "help", "says what you may ask for here", level=""),
        _verb("status", "status", "says what runs, what waits, for whom, and why your last command was refused",
              level=""),
        _verb("scan", "scan [paths] [-- prompt]", "looks for work in the repository and files issues",
              takes="paths text", floor="triage", rest="issue-sessions/start", starts=True),
        _verb("ask", "ask [#1 #2 …] [--max n]",
              "asks what is unclear about these issues, or about this one; on a pull request the questions go there",
              takes="issues max", floor="triage", rest="answering-sessions/create", starts=True, on_issue=True),
        _verb("approve", "approve Q1 Q3-Q5",
              "approves what I assume; `approve all`: all of it but what needs its own answer",
              takes="all", needs="questions", **_REVIEW),
        _verb("correct", "correct Q2: text", "says what holds instead, in your words or by an option's letter",
              needs="questions text", aliases=("answer",), **_REVIEW),
        _verb("withdraw", "withdraw Q2", "takes your answer back",
              needs="questions", rest="session-questions/withdraw", by_people=True),
        _verb("reopen Q", "reopen Q2", "takes all answers to a question back, until they are fixed",
              needs="questions", rest="session-questions/withdraw", by_people=True),
        _verb("decide", "decide Q2: text", "ends a conflict between answers",
              needs="questions text", level="maintain", **_REVIEW),
        _verb("proceed", "proceed", "fixes the answers, once there is one to every question",
              rest="answering-sessions/status", by_people=True),
        _verb("work", "work #1 #2 … [--branch b] [--base b] [--continue]",
              "plans work on these issues in this order and shows it; `--continue`: past one that fails",
              takes="branch base continue", needs="issues", rest="work-chains/create"),
        _verb("fix", "fix [#1]", "works this issue, or that one, at once",
              takes="issues one", rest="runs/create", starts=True, on_issue=True),
        _verb("start", "start", "starts the work that was planned here, or goes on with work that failed",
              rest="work-chains/start", starts=True),
        _verb("pause", "pause", "lets nothing more be worked for now", rest="work-chains/pause"),
        _verb("resume", "resume", "goes on with work that is paused", rest="work-chains/resume", starts=True),
        _verb("retry", "retry #1", "works an issue again that failed",
              takes="one", needs="issues", rest="work-chains/retry", starts=True),
        _verb("skip", "skip #1 reason", "leaves an issue out of the work",
              takes="one", needs="issues text", rest="work-chains/skip"),
        _verb("cancel", "cancel", "ends the scan or the work that was started here; whoever started it may, too",
              rest="work-chains/cancel"),
        _verb("dismiss", "dismiss [reason] [comment]",
              "says that this issue is none: not_planned, duplicate or false_positive; it is never filed again",
              takes="reason text", level="triage", rest="issues/dismiss", on_issue=True),
        _verb("reopen", "reopen", "opens this issue again",
              level="triage", rest="issues/reopen", on_issue=True),
        _verb("recheck", "recheck", "looks whether what this issue is about is still there",
              level="triage", rest="issues/recheck", starts=True, on_issue=True),
    )
}  # fmt: skip


def named(word: str) -> list[Verb]:
    """What the word, or an alias, may mean: nothing, one thing, or for `reopen` two."""
    return [verb for verb in VERBS.values() if word in (verb.word, *verb.aliases)]
