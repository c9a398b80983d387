"""The answer to `status`: what runs, what waits, for whom, and why the last command was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.github.commandtext import why
from bot.github.issuetext import code, cut
from bot.github.wording import cell, count, paragraphs, said, sentence, who

_LINE_LIMIT = 300
_PAUSES = {
    "person": "whoever paused it, or anybody with **write**: `/askfirst resume`",
    "needs_answer": "an answer to its questions, by anybody with **write**",
    "foreign_commit": "somebody to look at the commit on its branch that is not mine; then `/askfirst resume`",
    "project": "the project to be resumed",
}


def status(
    trouble: Sequence[str],
    running: Sequence[Mapping[str, Any]],
    waiting: Sequence[Mapping[str, Any]],
    refused: tuple[str, Mapping[str, Any]] | None,
) -> str:
    """`refused`: the person's last command and why it was not carried out."""
    return paragraphs(
        *(f"**Nothing starts here now:** {sentence(text)}" for text in trouble),
        _listed("Runs", [_running(line) for line in running]) or "Nothing runs.",
        _listed("Waits", [_waiting(line) for line in waiting]) or "Nothing waits for anybody.",
        f"Your last command was refused:\n\n> {code(cut(refused[0], _LINE_LIMIT))}\n\n{why(refused[1])}"
        if refused
        else "",
    )


def _listed(title: str, lines: list[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)]) if lines else ""


def _running(line: Mapping[str, Any]) -> str:
    match line["kind"]:
        case "scan":
            return f"A scan for {who(line['by'])}: {said(line['prompt'], 100)}. {said(line['progress'], 100)}"
        case "asking":
            return f"An agent looks what is unclear about {_issues(line['numbers'])}."
        case _:
            at = f", now at {_issues(line['at'])}" if line["at"] else ""
            return f"{_work(line)}: {line['done']} of {count(line['of'], 'issue')} worked{at}."


def _waiting(line: Mapping[str, Any]) -> str:
    match line["kind"]:
        case "questions":
            return _questions(line)
        case "not_asked":
            return f"Questions about {_issues(line['numbers'])} could not be asked: {sentence(line['error'])}"
        case "planned":
            return f"{_work(line)}, for anybody with **write**: `/askfirst start`."
        case "paused":
            return f"{_work(line)}, for {_PAUSES.get(line['reason'], 'somebody: ' + said(line['reason'] or '', 200))}."
        case _:
            reason = sentence(line["reason"] or "no reason was given")
            return f"{_work(line)} failed: {reason} `/askfirst start` goes on."


def _questions(line: Mapping[str, Any]) -> str:
    where = f" on #{line['number']}" if line["number"] else ""
    parts = []
    if line["open"]:
        parts.append(f"{_names(line['open'])}{where}, for anybody with **write**")
    if line["conflict"]:
        parts.append(
            f"{_names(line['conflict'])}{where}, in conflict, for those who disagree or for **maintain**"
        )
    return "; ".join(parts) + "." if parts else f"The answers{where} are fixed in a moment."


def _names(numbers: Sequence[int]) -> str:
    return ", ".join(f"Q{number}" for number in numbers)


def _issues(numbers: Sequence[int]) -> str:
    return ", ".join(f"#{number}" for number in numbers) or "issues that are not on GitHub"


def _work(line: Mapping[str, Any]) -> str:
    pull = f" (#{line['number']})" if line["number"] else ""
    return f"{cell(line['title'], 100)} on {code(line['branch'])}{pull}"
