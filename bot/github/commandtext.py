"""Answers to commands: what may be asked for, what is planned, what would be done, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.github.issuetext import code, cut
from bot.github.wording import paragraphs, said, sentence, table, when

_LINE_LIMIT = 300
Verb = tuple[str, str, str]  # how it is written, what it does, the level that it needs ("" for anyone)
_RANKS = ("none", "read", "triage", "write", "maintain", "admin")


def help_answer(verbs: Iterable[Verb], slug: str, level: str) -> str:
    """What may be asked for here, and what of it this person may."""
    verbs = list(verbs)
    rows = [(code(f"/askfirst {usage}"), does, needed or "anyone") for usage, does, needed in verbs]
    words = [
        code(usage.split()[0].rstrip(",")) for usage, _, needed in verbs if _rank(level) >= _rank(needed)
    ]
    mine = "all of it" if len(words) == len(verbs) else ", ".join(dict.fromkeys(words))
    return paragraphs(
        "These commands work on the first lines of a comment, or of a new issue's or pull request's text:",
        table(("command", "does", "needs"), rows),
        f"You have the level **{level}** here, so you may give {mine}. {code(f'@{slug} …')} works as well as "
        f"{code('/askfirst …')}, and {code('--dry-run')} at the end only tells what would be written.",
    )


def refused(line: str, refusal: Mapping[str, Any]) -> str:
    """To a command that is not carried out."""
    return f"{_quoted(line)}\n\n{why(refusal)}"


def why(refusal: Mapping[str, Any]) -> str:
    """Why a command was refused, and what to do."""
    match refusal["kind"]:
        case "unknown" if refusal["nearest"]:
            return f"I do not know that command. Did you mean {code('/askfirst ' + refusal['nearest'])}?"
        case "unknown":
            return f"I do not know that command. {code('/askfirst help')} lists what there is."
        case "usage":
            return f"I do not understand that, so nothing was done. Write {code('/askfirst ' + refusal['usage'])}."
        case "level":
            return (
                f"This needs the level **{refusal['needed']}** in this repository; you have **{refusal['level']}**. "
                f"Somebody with that level can give the command."
            )
        case "undecided":
            return (
                "GitHub did not answer what you may do here, so nothing was started. Please give the command again "
                "in a few minutes."
            )
        case "people":
            return "Questions are answered by people: what a bot says to them does not count."
        case "commands":
            return f"That is more than 20 commands in an hour. I go on {_from(refusal['until'])}."
        case "starts":
            return f"You have started 5 agents in this hour. You can start the next one {_from(refusal['until'])}."
        case "failed":
            return (
                f"I tried several times and could not do it: {sentence(refusal['reason'])} Nothing was changed; "
                f"please give the command again later."
            )
        case _:
            return f"Nothing was done: {sentence(refusal['reason'])}"


def own_answers(questions: Iterable[int]) -> str:
    """After `approve all`: what it does not cover."""
    names = ", ".join(f"Q{number}" for number in questions)
    return (
        f"Approved, but for {names}: what is marked *needs its own answer* is approved by its number alone."
    )


def plan(values: Mapping[str, Any]) -> str:
    """The work that was planned: order and branch; nothing is started by it."""
    return paragraphs(_plan(values), f"Nothing is started yet: {code('/askfirst start')} here starts it.")


def dry_run(line: str, would: Iterable[Mapping[str, Any]], planned: Mapping[str, Any] | None) -> str:
    """What a command would have done."""
    effects = [f"- {effect}" for effect in dict.fromkeys(map(_effect, would))]
    return paragraphs(
        _quoted(line),
        "This was a dry run: I looked whether it can be done, and wrote nothing. Without `--dry-run` I would",
        "\n".join(effects) or ("" if planned else "- note it, and write nothing more to GitHub"),
        f"plan this work:\n\n{_plan(planned)}" if planned else "",
    )


def _plan(values: Mapping[str, Any]) -> str:
    titles = zip(values["numbers"], values["titles"], strict=True)
    rows = [f"{place}. #{number} {said(title, 120)}" for place, (number, title) in enumerate(titles, start=1)]
    past = " One that fails is passed over." if values["carry_on"] else " At one that fails it stops."
    base = f", from {code(values['base'])}" if values["base"] else ""
    return paragraphs(
        "\n".join(rows), f"In this order, a commit each, on the branch {code(values['branch'])}{base}.{past}"
    )


def _effect(effect: Mapping[str, Any]) -> str:
    numbers = ", ".join(f"#{number}" for number in effect.get("numbers", ()))
    match effect["job"]:
        case "scan":
            where = ", ".join(map(code, effect["paths"])) or "the repository"
            return f"start a scan of {where}: {said(effect['prompt'], _LINE_LIMIT)}"
        case "ask":
            return f"start an agent that asks about {numbers or 'these issues'}"
        case "fix":
            return f"start an agent that works {numbers or 'the issue'}"
        case "show_issue":
            return f"bring {numbers or 'the issue'} up to date on GitHub"
        case "show_questions":
            return f"bring the questions {f'on {numbers} ' if numbers else ''}up to date"
        case "show_chain":
            return f"open or bring up to date the pull request of {code(effect['branch'])}"
        case _:
            return "fix the answers, and write them into their issues"


def _from(moment: str) -> str:
    return f"from {when(datetime.fromisoformat(moment))} on"


def _rank(level: str) -> int:
    return _RANKS.index(level) if level in _RANKS else 0


def _quoted(line: str) -> str:
    return f"> {code(cut(line, _LINE_LIMIT))}"
