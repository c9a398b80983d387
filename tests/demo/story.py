"""What the demo plays and prints: find, ask, be answered, do; then a second round for whoever watches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.demo import screen
from tests.demo.stage import LATER, Stage, files_below

PATIENCE = 120.0


def play(stage: Stage) -> None:
    """Play the whole loop once, then ask again and leave the answers to the reader."""
    screen.say(f"\nAskfirst is up at {stage.url}, a stand-in for GitHub at {stage.server.url}.")
    scan = _discover(stage)
    if scan is None:
        return
    asked = _clarify(stage, scan)
    _resolve(stage, asked)
    if stage.is_sample:
        _second_round(stage)
    screen.say(screen.NEXT.format(stage=stage))


def _discover(stage: Stage) -> Any:
    screen.title(f"Discover: a scan of {stage.name}")
    scan = _scanned(stage)
    if scan["status"] != "completed":
        screen.say(f"The scan {scan['status']}: {scan['error']}")
        return None
    wanted = min(20, scan["counts"]["new"])
    issues = _until(stage, lambda: _shown(stage, scan["id"], wanted), "the issues on GitHub")
    screen.say(f"{scan['counts']['found']} found, filed on {stage.page('issues')}, the worst first:\n")
    for issue in issues[:8]:
        screen.say(f"  {issue['priority']:<8} {issue['title']}")
    if len(issues) > 8:
        screen.say(f"  and {len(issues) - 8} more")
    return scan


def _scanned(stage: Stage) -> Any:
    scan_id = stage.post("/issue-sessions/start", prompt="Find bugs and security problems")["id"]
    return _until(stage, lambda: _watched(stage.get("/issue-sessions/get", id=scan_id)), "the scan")


def _clarify(stage: Stage, scan: Any) -> Any:
    screen.title("Clarify: questions before code is written")
    session_id = stage.post("/answering-sessions", issueSessionId=scan["id"])["id"]
    session = _until(stage, lambda: _asked(stage, session_id), "the questions")
    if not session["questionCount"]:
        screen.say("No answer would change what is done here, so nothing is asked.")
        return session
    screen.say(f"{session['questionCount']} questions, each a thread on {session['pullRequest']['url']}\n")
    pull = stage.repository.pulls[session["pullRequest"]["number"]]
    threads = _until(
        stage, lambda: pull.threads if len(pull.threads) == session["questionCount"] else None, "threads"
    )
    questions = stage.get("/session-questions", answeringSessionId=session_id)
    for number, (thread, question) in enumerate(zip(threads, questions, strict=True)):
        reply = _correction(question) if number == 1 else "approve"
        person = stage.mona if number % 2 else stage.people["ravi"]
        person.replies(thread, reply)
        screen.say(f"  Q{question['number']} {question['question']}\n     {person.login} replies: {reply}")
    session = _until(stage, lambda: _completed(stage, session_id), "the answers")
    screen.say(f"\nAll answered and fixed, digest {session['answersDigest'][:12]}.")
    return session


def _resolve(stage: Stage, asked: Any) -> None:
    screen.title("Resolve: fixes, as they were answered")
    answered = {one for question in _questions(stage, asked) for one in question["issueIds"]}
    issues = [
        one for one in stage.get("/issues/list", status="open") if one["autofix"] or one["id"] in answered
    ]
    if not issues:
        screen.say("Nothing here can be fixed without a model.")
        return
    ids = [issue["id"] for issue in reversed(issues)]
    chain = stage.post(
        "/work-chains/create", title="Fix what was found", issueIds=ids, answeringSessionId=asked["id"]
    )
    stage.post("/work-chains/start", chainId=chain["id"])
    chain = _until(stage, lambda: _worked(stage, chain["id"]), "the fixes")
    for item in stage.get("/work-chains/issues", id=chain["id"]):
        commit = item["commit"][:10] if item["commit"] else "-" * 10
        screen.say(f"  {item['itemStatus']:<10} {commit}  {item['title']}")
    if chain["pullRequest"]:
        screen.say(f"\nOne commit for each, pushed and ready for review: {chain['pullRequest']['url']}")


def _second_round(stage: Stage) -> None:
    screen.title("A week later: mona pushes more code, and it is scanned again")
    stage.mona.pushes(stage.repository, files_below(LATER), "Take parcels back")
    scan = _scanned(stage)
    counts = scan["counts"]
    screen.say(f"{counts['new']} new; the {counts['known']} that were known are not filed twice.")
    session_id = stage.post("/answering-sessions", issueSessionId=scan["id"])["id"]
    session = _until(stage, lambda: _asked(stage, session_id), "the second round")
    if session["questionCount"]:
        screen.title("Your turn")
        screen.say(f"Open questions: {session['questionCount']}, on {session['pullRequest']['url']}")
        screen.say("Choose there who you are, and reply in a thread: approve, a letter, or your own words.")


def _questions(stage: Stage, session: Any) -> list[Any]:
    return list(stage.get("/session-questions", answeringSessionId=session["id"]))


def _correction(question: Any) -> str:
    """The first option that is not the assumption, by its letter; else a sentence."""
    others = [option["letter"] for option in question["options"] if not option["recommended"]]
    return others[0] if others else "Leave this as it is for now."


def _watched(session: Any) -> Any:
    screen.bar(session["progress"]["percent"], session["progress"]["message"])
    return None if session["status"] == "active" else session


def _shown(stage: Stage, scan_id: str, wanted: int) -> Any:
    issues = stage.get("/issues/list", sessionId=scan_id)
    if sum(1 for issue in issues if issue["github"]) < wanted:
        return None
    return sorted(issues, key=lambda issue: issue["id"])


def _asked(stage: Stage, session_id: str) -> Any:
    session = stage.get(f"/answering-sessions/{session_id}")
    if session["error"]:
        raise SystemExit(f"The demo stopped: {session['error']}")
    done = session["pullRequest"] if session["questionCount"] else session["status"] == "completed"
    return session if done else None


def _completed(stage: Stage, session_id: str) -> Any:
    session = stage.get(f"/answering-sessions/{session_id}")
    return session if session["status"] == "completed" else None


def _worked(stage: Stage, chain_id: str) -> Any:
    chain = stage.get("/work-chains/get", id=chain_id)
    screen.bar(
        100 * chain["completedCount"] // chain["issueCount"],
        f"{chain['completedCount']} of {chain['issueCount']}",
    )
    over = chain["status"] in ("failed", "paused") or (
        chain["status"] == "completed" and _is_ready(stage, chain)
    )
    return chain if over else None


def _is_ready(stage: Stage, chain: Any) -> bool:
    pull = stage.repository.pulls.get(chain["pullRequest"]["number"]) if chain["pullRequest"] else None
    return pull is None or not pull.draft


def _until(stage: Stage, look: Callable[[], Any], what: str) -> Any:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + PATIENCE
    while True:
        if found := look():
            return found
        if time.monotonic() > until or not stage.is_up:
            raise SystemExit(f"The demo stopped: {what} did not come.")
        time.sleep(0.1)
