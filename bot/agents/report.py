"""A scan's result for people and for other tools: text, JSON, SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

from bot.agents.base import FoundIssue, Priority, ScanResult

SHOWN = 5
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: dict[Priority, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}


def to_text(result: ScanResult) -> str:
    """One block an issue, the worst first, then the summary."""
    blocks = []
    for issue in result.issues:
        places = [f"    {place.path}:{place.start_line}" for place in issue.locations[:SHOWN]]
        more = len(issue.locations) - SHOWN
        rest = [f"    … and {more} more"] if more > 0 else []
        rule = f"  ({issue.rule})" if issue.rule else ""
        blocks.append("\n".join([f"{issue.priority:<8}  {issue.title}{rule}", *places, *rest]))
    return "\n\n".join([*blocks, result.summary]) + "\n"


def to_json(result: ScanResult) -> str:
    """The whole result in the API's field names."""
    return result.model_dump_json(by_alias=True, indent=2) + "\n"


def to_sarif(result: ScanResult) -> str:
    """One SARIF result a place, so that viewers show each line (docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    rules = {issue.rule or issue.title: issue for issue in reversed(result.issues)}
    driver: dict[str, Any] = {
        "name": "askfirst",
        "rules": [_rule(rules[name], name) for name in sorted(rules)],
    }
    results = [one for issue in result.issues for one in _results(issue)]
    document = {
        "$schema": SARIF,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(issue: FoundIssue, name: str) -> dict[str, Any]:
    return {"id": name, "shortDescription": {"text": issue.title}, "help": {"text": issue.suggested_prompt}}


def _results(issue: FoundIssue) -> list[dict[str, Any]]:
    base = {
        "ruleId": issue.rule or issue.title,
        "level": LEVELS[issue.priority],
        "message": {"text": issue.title},
    }
    if not issue.locations:
        return [base]
    return [
        base
        | {
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": place.path},
                        "region": {"startLine": place.start_line, "endLine": place.end_line},
                    }
                }
            ],
            "partialFingerprints": {"askfirst/v1": place.fingerprint},
        }
        for place in issue.locations
    ]
