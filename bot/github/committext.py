"""Commit messages: what changed, for which issue, by which run, on whose answers."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.github.inert import JOINER, neutralise_line
from bot.github.issuetext import cut
from bot.github.wording import count

SUBJECT_LIMIT = 72
_SKIP = "[skip ci]"  # https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
_ACTS = re.compile(
    r"\[(?=\s*(?:skip|no|ci|actions)\b)|(?:-by|skip-checks|askfirst-[a-z]+)(?=\s*:)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CoAuthor:
    """The person who started the work; the id keeps the address theirs when the login changes hands."""

    login: str
    id: int


def asking(questions: int) -> str:
    """The commit that brings the questions file; nothing is there to be built."""
    return f"Ask {count(questions, 'question')} before code is written {_SKIP}"


def answering(questions: int, digest: str) -> str:
    """The commit that completes the file with the answers."""
    return f"Write down the answers to {count(questions, 'question')} {_SKIP}\n\nDigest of the set: {digest}"


def removing() -> str:
    """The commit that takes the file away again; it stands last, so it may not keep checks from running."""
    return "Remove the answered questions"


def fixing(
    title: str,
    summary: str,
    *,
    run_id: str,
    issue_number: int | None = None,
    answers: Sequence[str] = (),
    co_author: CoAuthor | None = None,
    server_url: str = "https://github.com",
) -> str:
    """The commit for one issue. `answers` names those it rests on, such as `as_1/Q3`."""
    subject = textwrap.shorten(f"Fix: {_inert(title)}", SUBJECT_LIMIT, placeholder="…")
    body = textwrap.fill(_inert(cut(summary, 2_000)), 72, break_long_words=False, break_on_hyphens=False)
    trailers = [f"Askfirst-Run: {run_id}"]
    if answers:
        trailers.append(f"Askfirst-Answers: {', '.join(answers)}")
    if co_author:
        trailers.append(f"Co-authored-by: {_inert(co_author.login)} <{_address(co_author, server_url)}>")
    fixes = f"Fixes #{issue_number}" if issue_number else ""
    return "\n\n".join(part for part in (subject, body, fixes, "\n".join(trailers)) if part)


def _inert(text: str) -> str:
    """One line that neither mentions nor closes anything, credits nobody, and keeps no check from running."""
    return _ACTS.sub(lambda found: found[0] + JOINER, neutralise_line(text))


def _address(person: CoAuthor, server_url: str) -> str:
    return f"{person.id}+{person.login}@users.noreply.{urlsplit(server_url).hostname}"
