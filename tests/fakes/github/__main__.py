"""`python -m tests.fakes.github`: a server with a person, an App and copies of git repositories."""

from __future__ import annotations

import argparse
import contextlib
import threading
from pathlib import Path

from . import FakeGitHub, over_http, serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.github", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--root", type=Path, required=True, help="folder for git repositories and the App's key"
    )
    parser.add_argument("--webhook-url", help="where the App listens")
    parser.add_argument("--webhook-secret", default="it is a secret")
    parser.add_argument("repositories", nargs="*", type=Path, help="git repositories to copy")
    options = parser.parse_args()
    fake = FakeGitHub(options.root)
    server = serve(fake, options.port)
    fake.webhooks.send_in_background()
    deliver = over_http(options.webhook_url) if options.webhook_url else None
    app = fake.create_app(webhook_secret=options.webhook_secret, deliver=deliver)
    key = options.root / "private-key.pem"
    key.touch(mode=0o600)
    key.write_text(app.private_key)
    owner = fake.create_user("mona")
    fake.create_user("guest")
    copies = [fake.import_git(owner, path.resolve().name, path) for path in options.repositories]
    fake.install(owner, copies or None)
    print(f"{server.url}\nApp {app.id}, private key in {key}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    main()
