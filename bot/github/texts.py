"""What the bot writes about scans; issue titles and bodies are in `issuetext`, answers to commands in `commandtext`.

Nothing here begins a line with a command, and what others wrote goes through `neutralise` or into code.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.github.inert import neutralise, neutralise_line
from bot.github.issuetext import code, cut

_REASON_LIMIT = 2_000
_DISMISSED = {"not_planned": "not planned", "duplicate": "a duplicate", "false_positive": "a false positive"}


@dataclass(frozen=True)
class ScanCounts:
    """What a scan came to. `filed` is how many became GitHub issues, `held_back` how many had no room."""

    found: int
    new: int
    known: int
    reopened: int
    gone: int
    filed: int = 0
    held_back: int = 0


def scan_finished(counts: ScanCounts, *, commit: str | None, issues_url: str, summary: str = "") -> str:
    """What a scan found. `issues_url` is where the filed issues are listed."""
    at = f" of {code(commit[:12])}" if commit else ""
    return "\n\n".join(
        part
        for part in (
            f"The scan{at} is finished: {_found(counts)}",
            _filed(counts, issues_url),
            neutralise(cut(summary, _REASON_LIMIT)),
        )
        if part
    )


def scan_failed(reason: str) -> str:
    """A scan that came to nothing."""
    return f"The scan failed: {_sentence(reason)} Nothing was filed or closed. {code('/askfirst scan')} tries again."


def dismissed(reason: str, comment: str) -> str:
    """Why an issue is dismissed; both are somebody's words, the first of a closed list."""
    return f"Dismissed as {_DISMISSED[reason]}:\n\n{neutralise(cut(comment, _REASON_LIMIT))}"


def gone(found_at: str, missing_at: str) -> str:
    """Why an issue is closed: a later scan proves it gone. Both are commits."""
    return (
        f"Closed: this was there at {code(found_at[:12])} and is gone at {code(missing_at[:12])}; the same "
        f"files were looked at with the same rules. Should it come back, the issue is opened again."
    )


def back(found_at: str) -> str:
    """Why a completed issue is opened again."""
    return f"Opened again: the same thing was found at {code(found_at[:12])}."


def _sentence(reason: str) -> str:
    words = neutralise_line(cut(reason, _REASON_LIMIT))
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _found(counts: ScanCounts) -> str:
    if not (counts.found or counts.gone or counts.reopened):
        return "nothing was found."
    parts = [
        f"{number} {word}"
        for number, word in (
            (counts.new, "new"),
            (counts.known, "known already"),
            (counts.reopened, "opened again"),
            (counts.gone, "gone and closed"),
        )
        if number
    ]
    return f"{counts.found} found" + (f" ({', '.join(parts)})." if parts else ".")


def _filed(counts: ScanCounts, issues_url: str) -> str:
    sentences = []
    if counts.filed:
        issues = "1 issue" if counts.filed == 1 else f"{counts.filed} issues"
        sentences.append(f"I filed [{issues}]({issues_url}).")
    if counts.held_back:
        sentences.append(
            f"{counts.held_back} more had no room: a scan files only so many, the worst first. "
            f"They are in the API, and a later scan files them."
        )
    return " ".join(sentences)
