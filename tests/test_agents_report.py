"""A scan's result as text, JSON and SARIF."""

from __future__ import annotations

import json

from bot.agents.base import FoundIssue, Place, ScanResult
from bot.agents.report import to_json, to_sarif, to_text


def result(places: int) -> ScanResult:
    found = [
        Place(
            path="a.py", start_line=line, end_line=line, fingerprint=f"f{line}", moved_fingerprint=f"m{line}"
        )
        for line in range(1, places + 1)
    ]
    issue = FoundIssue(
        title="Undefined names in a.py", description="Why.", priority="critical", suggested_prompt="Fix it.",
        labels=["bugs"], locations=found, rule="F821", area="", evidence="", confidence="high", autofix=False,
    )  # fmt: skip
    return ScanResult(issues=[issue], summary="One issue.")


def test_text_is_short_and_ends_with_the_summary() -> None:
    text = to_text(result(7))
    assert text.splitlines()[0] == "critical  Undefined names in a.py  (F821)"
    assert "a.py:5" in text
    assert "a.py:6" not in text
    assert "… and 2 more" in text
    assert text.endswith("\n\nOne issue.\n")


def test_json_has_the_names_of_the_api() -> None:
    issue = json.loads(to_json(result(1)))["issues"][0]
    assert issue["suggestedPrompt"] == "Fix it."
    assert issue["locations"][0]["startLine"] == 1


def test_sarif_has_one_result_for_each_place() -> None:
    document = json.loads(to_sarif(result(2)))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["F821"]
    assert [one["level"] for one in run["results"]] == ["error", "error"]
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert [place["region"]["startLine"] for place in places] == [1, 2]
    assert places[0]["artifactLocation"]["uri"] == "a.py"
