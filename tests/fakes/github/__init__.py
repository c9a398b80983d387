"""A stateful stand-in for GitHub, held to its contract: REST, GraphQL, webhooks, git and plain pages.

    fake = FakeGitHub(tmp_path)
    app = fake.create_app(deliver=into_app(bot))
    mona = fake.create_user("mona")
    repository = fake.create_repository(mona, "shop", files={"a.py": "x = 1"})
    fake.install(mona, [repository])
    mona.opens_issue(repository, "It is broken")

Talk to it in process by `httpx.WSGITransport(fake.app)`, or over HTTP by `serve(fake).url`.
"""

from .delivery import Delivery, into_app, over_http
from .errors import Refused
from .fake import FakeGitHub
from .people import Person
from .server import Server, serve
from .state import Account, App, Comment, Installation, Issue, Repository
from .state_pulls import CheckRun, PullRequest, Review, ReviewComment, Thread

__all__ = [
    "Account",
    "App",
    "CheckRun",
    "Comment",
    "Delivery",
    "FakeGitHub",
    "Installation",
    "Issue",
    "Person",
    "PullRequest",
    "Refused",
    "Repository",
    "Review",
    "ReviewComment",
    "Server",
    "Thread",
    "into_app",
    "over_http",
    "serve",
]
