"""The summary of a scan: what was looked for and where, with which tools, and what was left out."""

from __future__ import annotations

from bot.agents.base import Tool
from bot.agents.keyless.grouping import Grouped
from bot.agents.keyless.prompt import Chosen


def summary(chosen: Chosen, files: dict[str, int], tools: list[Tool], grouped: Grouped, skipped: int) -> str:
    """A few sentences for people."""
    counts = [f"{count} {name} file{_s(count)}" for name, count in files.items() if count]
    looked = _join(counts) or "no file that the analyzers read"
    worked = [f"{tool.name} {tool.version}" for tool in tools if tool.problem is None]
    sentences = [f"Looked for {', '.join(chosen.categories)} in {looked}"]
    sentences[0] += f" with {_join(worked)}." if worked else "."
    sentences += [
        f"{tool.name} {tool.problem}, so its findings are missing." for tool in tools if tool.problem
    ]
    if chosen.understood:
        sentences.append(chosen.understood)
    places = sum(len(issue.locations) for issue in grouped.issues)
    count = len(grouped.issues)
    sentences.append(
        f"{count} issue{_s(count)} with {places} place{_s(places)}." if count else "Nothing to file."
    )
    if grouped.over_limit:
        sentences.append(f"{grouped.over_limit} less important ones wait until these are done.")
    if skipped:
        sentences.append(
            f"{skipped} file{_s(skipped)} left out: generated, copied from elsewhere, data of tests, or too large."
        )
    return " ".join(sentences)


def _join(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _s(count: int) -> str:
    return "" if count == 1 else "s"
