"""The whole story in a real browser, against a server that an operator has just started."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from bot import credentials
from bot.config import load
from tests.bench.servers import ASKFIRST, server
from tests.console.browsing import chromium, usable
from tests.fakes.github import FakeGitHub, Person, Repository, serve
from tests.house import FLAWED

PATIENCE = 60_000  # ms, for what a busy machine may take
TRIES = 500
QUICK = {".github/askfirst.yml": "questions: {settle_seconds: 0}\n"}


class Place:
    """The fake GitHub with mona's `shop`, and `askfirst up` beside it, without an App."""

    def __init__(self, folder: Path) -> None:
        self.github = FakeGitHub(folder / "github")
        self.server = serve(self.github)
        self.github.webhooks.send_in_background()
        self.mona: Person = self.github.create_user("mona")
        self.repository: Repository = self.github.create_repository(self.mona, "shop", files=FLAWED | QUICK)
        self.home = folder / "home"

    def environment(self, port: int) -> dict[str, str]:
        return {
            "ASKFIRST_HOME": str(self.home), "PUBLIC_URL": f"http://127.0.0.1:{port}", "SANDBOX": "process",
            "GITHUB_API_URL": self.github.api_url, "GITHUB_SERVER_URL": self.server.url, "ASKFIRST_ADMINS": "mona",
        }  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new profile's page; what its pages complain of fails the test."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = context.new_page()
    complaints: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not said.location["url"].endswith("/favicon.ico"):
            complaints.append(f"{said.location['url']}: {said.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints, "\n".join(complaints)


def test_from_an_empty_server_to_a_pushed_fix(page: Page, tmp_path: Path) -> None:
    place, faults = Place(tmp_path), []
    port_of: list[int] = []

    def command(port: int) -> list[str]:
        port_of.append(port)
        # the address is known only now
        given = [f"{name}={value}" for name, value in place.environment(port).items()]
        return ["env", *given, str(ASKFIRST), "up", "--port", str(port)]

    with server(command, {}) as (port, _):
        ours = f"http://127.0.0.1:{port}"
        page.goto(ours)
        faults += usable(page)
        # set it up
        page.get_by_role("link", name="Set it up").click()
        expect(page.get_by_text("GitHub cannot reach this server")).to_be_visible()
        faults += usable(page)
        config = load(place.environment(port) | {"PATH": ""})
        page.get_by_label("The setup code").fill(credentials.setup_code(config) or "")
        page.get_by_role("button", name="Go on").click()
        faults += usable(page)
        page.get_by_role("button", name="Make it on GitHub").click()
        page.get_by_label("GitHub App name").fill("Ask First")
        page.get_by_role("button", name="Create GitHub App").click()
        expect(page.get_by_role("heading", name="The App works")).to_be_visible()
        faults += usable(page)
        # install it, and sign in
        page.get_by_role("link", name="Install it on a repository").click()
        page.get_by_role("button", name="Install").click()
        page.goto(f"{ours}/auth/sign-in")
        page.get_by_role("button", name="Authorize").click()
        shop = page.get_by_role("link", name="mona/shop")
        _reload_until(page, shop)  # the webhook that makes it is on its way
        faults += usable(page)
        shop.click()
        faults += usable(page)
        # a key, shown once
        page.get_by_role("link", name="Keys").click()
        page.get_by_label("Name").fill("by hand")
        page.get_by_role("button", name="Make a key").click()
        key = page.get_by_label("Here is the new key").input_value()
        faults += usable(page)
        # a scan, started by curl and watched
        session = _curl(ours, key, "/issue-sessions/start", {"prompt": "Find bugs"})
        page.get_by_role("link", name="Scans").click()
        faults += usable(page)
        page.get_by_role("link", name="Find bugs").click()
        expect(page.get_by_role("status")).to_contain_text("completed")  # by itself, without a reload
        expect(page.get_by_role("table").get_by_role("link", name="#1")).to_be_visible()
        faults += usable(page)
        # a question, answered on GitHub's page
        issues = page.get_by_role("table").get_by_role("link")
        count = issues.count()
        _curl(ours, key, "/answering-sessions", {"issueSessionId": session})
        page.get_by_role("link", name="Overview").click()
        _reload_until(page, page.locator(".questions a").first)
        faults += usable(page)
        (pull,) = place.repository.pulls.values()
        page.goto(f"{place.server.url}/mona/shop/pull/{pull.number}")
        page.locator("textarea[name=body]").last.fill("/askfirst approve all")
        page.get_by_role("button", name="Comment").last.click()
        # a chain, watched until it has pushed
        project = _asked(ours, key, "/project/get")["id"]
        first = _asked(ours, key, "/issues/list?limit=100")[-1]["id"]
        chain = _curl(ours, key, "/work-chains/create", {"title": "First fixes", "issueIds": [first]})
        page.goto(f"{ours}/projects/{project}/chains/{chain}")
        faults += usable(page)
        _start(ours, key, chain)
        expect(page.get_by_role("status")).to_contain_text("completed")
        page.get_by_role("link", name="log").first.click()
        faults += usable(page)
        assert count >= 2 and any(
            one.head_ref == f"askfirst/{chain}" for one in place.repository.pulls.values()
        )
        for path in ("/events", "/chains", "/runs", "/configuration"):
            page.goto(f"{ours}/projects/{project}{path}")
            faults += usable(page)
        for path in (
            "/admin",
            "/admin/deliveries",
            "/admin/machines",
            "/docs/guides",
            "/docs/guides/commands",
            "/docs/guides/reference/command-line",
            "/docs/guides/reference/endpoints",
        ):
            page.goto(ours + path)
            faults += usable(page)
        # and out
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
        page.goto(f"{ours}/projects/{project}")
        expect(page.get_by_role("heading", name="Authorize Ask First")).to_be_visible()
    assert not faults, "\n".join(faults)
    assert not place.github.user_tokens
    place.server.stop()


def _curl(ours: str, key: str, path: str, body: dict[str, object]) -> str:
    """The id of what a request made, by curl."""
    headers = [f"Authorization: Bearer {key}", "Content-Type: application/json"]
    given = [part for header in headers for part in ("-H", header)]
    told = subprocess.run(
        ["curl", "-sS", "-X", "POST", *given, "-d", json.dumps(body), f"{ours}/api/v1{path}"],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    return str(json.loads(told.stdout)["data"]["id"])


def _asked(ours: str, key: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{ours}/api/v1{path}", headers=headers).raise_for_status().json()["data"]


def _start(ours: str, key: str, chain: str) -> None:
    """Start it as soon as the answers are fixed."""
    for _ in range(TRIES):
        answer = httpx.post(
            f"{ours}/api/v1/work-chains/start",
            json={"chainId": chain},
            headers={"Authorization": f"Bearer {key}"},
        )
        if answer.status_code != 409:
            break
    assert answer.is_success, answer.text


def _reload_until(page: Page, wanted: Locator) -> None:
    for _ in range(TRIES):
        if wanted.is_visible():
            return
        page.reload()
    raise AssertionError(f"{wanted} did not come")
