"""Prints the top-level modules that a web process has loaded after a request at each door; argument: an API key."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys

from app import create_app
from tests.bench.hooks import PATH, SECRET, payload


def main(key: str) -> None:
    web = create_app().test_client()
    body = json.dumps(payload()).encode()
    hook = {
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "1",
        "X-Hub-Signature-256": f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}",
    }
    bearer = {"Authorization": f"Bearer {key}"}
    answers = [
        web.post(PATH, data=body, headers=hook),
        web.post("/api/v1/issues/create", json={"title": "It is broken"}, headers=bearer),
        web.post("/api/v1/issue-sessions/start", json={"prompt": "Find bugs"}, headers=bearer),
        web.get("/api/v1/issues/list", headers=bearer),
        web.get("/readyz"),
    ]
    assert all(answer.status_code < 300 for answer in answers), answers
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))


if __name__ == "__main__":
    main(sys.argv[1])
