"""What the demo plays and prints."""

from __future__ import annotations

import sys
import time
from typing import Any

from tests.demo.stage import Stage

BAR = 30


def play(stage: Stage) -> None:
    """Scan the repository, say what was filed, and what to try next."""
    print(f"\nAskfirst is up at {stage.url}, a stand-in for GitHub at {stage.server.url}\n")
    print(f"The App is installed on {stage.name}. Scanning it …")
    session = _watch(
        stage, stage.post("/issue-sessions/start", prompt="Find bugs and security problems")["id"]
    )
    if session["status"] != "completed":
        print(f"The scan {session['status']}: {session['error']}")
        return
    issues = _mirrored(stage, session)
    counts = session["counts"]
    print(f"{counts['found']} found, {counts['new']} of them new. {session['progress']['message']}\n")
    for issue in issues:
        where = issue["github"]["url"] if issue["github"] else "waits in the API for room"
        print(f"  {issue['priority']:<8} {issue['title']}\n           {where}")
    print(_NEXT.format(stage=stage, issues_url=f"{stage.server.url}/{stage.name}/issues"), flush=True)


def _watch(stage: Stage, session_id: str) -> Any:
    shown = None
    while True:
        session = stage.get("/issue-sessions/get", id=session_id)
        progress = session["progress"]
        if progress != shown:
            _bar(progress["percent"], progress["message"])
            shown = progress
        if session["status"] != "active":
            print()
            return session
        time.sleep(0.1)


def _bar(percent: int, message: str) -> None:
    if sys.stdout.isatty():
        full = BAR * percent // 100
        print(
            f"\r\033[K  [{'█' * full}{'·' * (BAR - full)}] {percent:3d} %  {message[:60]}", end="", flush=True
        )
    else:
        print(f"  {percent:3d} %  {message}", flush=True)


def _mirrored(stage: Stage, session: Any) -> list[Any]:
    """The issues, the worst first, once GitHub shows those it is to show."""
    until = time.monotonic() + 60
    wanted = min(20, session["counts"]["new"])
    while True:
        issues = stage.get("/issues/list", sessionId=session["id"])
        if sum(1 for issue in issues if issue["github"]) >= wanted or time.monotonic() > until:
            return sorted(issues, key=lambda issue: issue["id"])
        time.sleep(0.1)


_NEXT = """
Look at them:          {issues_url}
Say something there:   comment `/askfirst scan` as ravi, who may write, then as gus, who may only read;
                       edit or close an issue, and see it change here:

  curl -s -H "Authorization: Bearer {stage.key}" "{stage.url}/api/v1/issues/list?limit=3"

File one of your own, and find it on GitHub:

  curl -s -X POST -H "Authorization: Bearer {stage.key}" -H "Content-Type: application/json" \\
       -d '{{"title": "The label printer jams", "priority": "high"}}' {stage.url}/api/v1/issues/create"""
