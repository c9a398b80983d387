"""Making the App on the fake GitHub from the manifest, and trying it out."""

from __future__ import annotations

import html
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from flask.testing import FlaskClient

from app import create_app
from bot import credentials
from bot.config import Config, load
from bot.jobs.errors import GiveUp
from bot.jobs.tools import Tools
from bot.store.db import Database
from tests.fakes.github import FakeGitHub, into_app, serve


class NewServer:
    """A server without an App, beside a fake GitHub whose webhooks reach it."""

    def __init__(self, database_url: str, home: Path) -> None:
        self.fake = FakeGitHub(home / "github")
        self.github = serve(self.fake)
        self.mona = self.fake.create_user("mona")
        self.config: Config = load({
            "DATABASE_URL": database_url, "REDIS_URL": "redis://127.0.0.1:1", "ASKFIRST_HOME": str(home / "home"),
            "PUBLIC_URL": "https://askfirst.test", "SECRET_KEY": "s" * 32, "GITHUB_API_URL": self.fake.api_url,
            "GITHUB_SERVER_URL": self.github.url,
        })  # fmt: skip
        self.db = Database(database_url)
        self.web = create_app(self.config, self.db).test_client()
        self.other_process = create_app(self.config, self.db).test_client()

    @property
    def code(self) -> str:
        return credentials.setup_code(self.config) or ""

    def begin(self, **fields: str) -> str:
        """The page on which the manifest is sent."""
        return self.post("/setup", {"code": self.code, **fields}).get_data(as_text=True)

    def make(self, page: str, name: str = "askfirst-shop", deliver: bool = True) -> str:
        """Make it on GitHub's page; the path that GitHub sends the person back to."""
        action = html.unescape(re.findall(r'<form method="post" action="(http[^"]+)">', page)[0])
        manifest = html.unescape(re.findall(r'name="manifest" value="([^"]+)"', page)[0])
        form = {"manifest": manifest, "name": name, "person": "mona", "act": "create"}
        answer = httpx.post(action, data=form)
        assert answer.status_code == 302, answer.text
        app = next(app for app in self.fake.apps.values() if app.slug == name)
        if deliver:
            app.deliver = into_app(self.web.application)
        back = urlsplit(answer.headers["location"])
        assert back.netloc == "askfirst.test"
        return f"{back.path}?{back.query}"

    def get(self, path: str, client: FlaskClient | None = None) -> Any:
        return (client or self.web).get(path, base_url="https://askfirst.test", follow_redirects=True)

    def post(self, path: str, form: dict[str, str]) -> Any:
        return self.web.post(path, data=form, base_url="https://askfirst.test")


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[NewServer]:
    server = NewServer(database_url, tmp_path)
    yield server
    server.github.stop()
    server.db.close()
    assert not server.fake.violations, server.fake.violations


def test_the_app_is_made_kept_and_tried_and_setup_is_closed(server: NewServer) -> None:
    back = server.make(server.begin())
    waits = server.get(back)
    assert (
        waits.status_code == 200 and "asked for again" in waits.text and 'http-equiv="refresh"' in waits.text
    )
    server.fake.webhooks.flush()
    well = server.get("/setup/check").text
    assert "The App works" in well and "/apps/askfirst-shop/installations/new" in well
    kept = server.config.askfirst_home / "github_app.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["github_client_secret"]
    # closed: for this process, for one that was there before, and for those who start later
    for client in (server.web, server.other_process):
        assert server.get("/setup", client).status_code == 404
        assert client.post("/webhooks/github", base_url="https://askfirst.test").status_code == 401
    assert credentials.setup_code(server.config) is None
    assert not (server.config.askfirst_home / "setup_code").exists()
    assert Tools(server.config).app.slug == "askfirst-shop"


@pytest.mark.one_database
def test_only_the_code_opens_it_and_only_the_browser_that_began_ends_it(server: NewServer) -> None:
    for wrong in ("", "0" * 16, server.code[:-1], server.code + "0"):
        page = server.post("/setup", {"code": wrong})
        assert (
            page.status_code == 403 and "askfirst doctor" in page.text and 'name="manifest"' not in page.text
        )
    back = server.make(server.begin())
    for forged in (back, back.partition("&state")[0], f"{back}x"):
        stranger = server.web.application.test_client()
        assert server.get(forged, stranger).status_code == 404
    assert server.get("/setup/check", server.web.application.test_client()).status_code == 404
    with pytest.raises(GiveUp):
        assert Tools(server.config).app
    assert server.get(back).status_code == 200
    assert server.get(back).status_code == 200  # loaded once more: nothing is exchanged twice
    assert server.fake.count("POST", "/app-manifests/*") == 1


@pytest.mark.one_database
def test_the_manifest_says_what_is_asked_for_and_goes_to_the_right_account(server: NewServer) -> None:
    server.fake.create_organisation("acme", [server.mona])
    page = server.begin(organisation="acme")
    assert f"{server.github.url}/organizations/acme/settings/apps/new" in page
    for said in ("write contents", "write checks", "https://askfirst.test/webhooks/github"):
        assert said in page
    server.make(page)
    (app,) = server.fake.apps.values()
    assert (app.owner.login, app.webhook_url) == ("acme", "https://askfirst.test/webhooks/github")
    assert app.callback_urls == ["https://askfirst.test/auth/callback"]
    bad = server.post("/setup", {"code": server.code, "organisation": 'a"><script>'})
    assert bad.status_code == 400 and "<script>" not in bad.text.replace('<script src="/assets', "")


@pytest.mark.one_database
def test_a_code_that_was_used_and_a_github_that_is_away_are_explained(server: NewServer) -> None:
    back = server.make(server.begin())
    server.fake.fail("POST", "/app-manifests/*", status=502)
    away = server.get(back)
    assert away.status_code == 503 and "Try again" in away.text
    codes = dict(server.fake.manifest_codes)
    server.fake.manifest_codes.clear()
    used = server.get(back)
    assert used.status_code == 400 and "works once" in used.text
    server.fake.manifest_codes.update(codes)
    assert server.get(back).status_code == 200


@pytest.mark.one_database
def test_a_wrong_key_secret_and_address_are_named_with_what_to_click(server: NewServer) -> None:
    server.get(server.make(server.begin(), deliver=False))
    (app,) = server.fake.apps.values()
    assert "GitHub's delivery was answered with" in html.unescape(server.get("/setup/check").text)
    app.webhook_url = "https://elsewhere.test/"
    address = html.unescape(server.get("/setup/check").text)
    assert "GitHub sends webhooks to https://elsewhere.test/" in address and "click Save changes" in address
    app.deliver, secret = into_app(server.web.application), app.webhook_secret
    app.webhook_secret = "another one"
    server.fake.webhooks.ping(app)
    server.fake.webhooks.flush()
    assert "its signature is wrong" in server.get("/setup/check").text
    app.webhook_secret = secret
    server.web.application.extensions["config"] = server.web.application.extensions["config"].model_copy(
        update={"github_app_id": app.id + 1}
    )
    assert "Generate a private key" in server.get("/setup/check").text


@pytest.mark.one_database
@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:80", "http://0.0.0.0"]
)
def test_an_address_of_this_machine_alone_is_explained_before_anything_is_sent(
    config: Config, db: Database, url: str
) -> None:
    web = create_app(config.model_copy(update={"public_url": url}), db).test_client()
    page = web.get("/setup").get_data(as_text=True)
    assert "GitHub cannot reach this server" in page and url in page
    assert "GitHub cannot reach" not in create_app(
        config.model_copy(update={"public_url": "https://askfirst.example"}), db
    ).test_client().get("/setup").get_data(as_text=True)
