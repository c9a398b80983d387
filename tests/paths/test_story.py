"""The product's story, top to bottom: it finds work, asks, is answered, and does it."""

from __future__ import annotations

from tests.house import House


def test_find_ask_answer_do(house: House) -> None:
    # discover: a scan files what it found on GitHub
    scan = house.scan()
    assert scan["counts"]["new"] == len(house.issues()) > 2

    # clarify: its open questions are threads on a draft pull request
    asked = house.post("/answering-sessions", issueSessionId=scan["id"])["data"]
    house.settle()
    pull = house.pulls()[0]
    first, *others = house.threads(pull)
    assert pull.draft and "I assume" in first.comments[0].body and others

    # a stranger's word changes nothing; maintainers approve, and correct, by replying
    house.stranger.replies(first, "approve")
    house.mona.replies(first, "approve")
    for thread in others:
        house.mona.replies(thread, "Leave it as it is, the callers rely on it.")
    house.settle_answers()
    session = house.get(f"/answering-sessions/{asked['id']}")["data"]
    assert (session["status"], session["reviewedCount"]) == ("completed", session["questionCount"])
    assert any("The answers are fixed" in comment.body for comment in pull.comments)

    # resolve: a chain works the issues in order, a commit each, on the branch of that pull request
    work = [issue["id"] for issue in house.get("/issues/list", status="open")["data"]]
    chain = house.post(
        "/work-chains/create", title="First fixes", issueIds=work, answeringSessionId=asked["id"]
    )["data"]
    house.post("/work-chains/start", chainId=chain["id"])
    house.settle()
    chain = house.get("/work-chains/get", id=chain["id"])["data"]
    assert (chain["status"], chain["completedCount"]) == ("completed", len(work))
    done = [item for item in house.get("/work-chains/issues", id=chain["id"])["data"] if item["commit"]]
    assert done and not pull.draft and house.pulls() == [pull]

    # people merge it: the issues are done, here and there
    house.mona.merges(pull)
    house.settle()
    for item in done:
        issue = house.get("/issues/get", id=item["id"])["data"]
        assert (issue["status"], issue["resolution"], issue["github"]["state"]) == (
            "completed",
            "merged",
            "closed",
        )
    assert house.unfinished() == []
