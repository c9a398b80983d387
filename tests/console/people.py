"""People with a browser without scripts: they follow links and send the forms that they see."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.store.models import Delivery
from tests.fakes.github import Person
from tests.house import House

PARTS = ("sessions", "chains", "runs", "events", "keys", "configuration")
FORM = re.compile(r'<form method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class ConsoleHouse(House):
    """The house, with `root` as its operator."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "ASKFIRST_ADMINS": "Root"}

    def browser(self) -> Browser:
        return Browser(self)

    def signed_in(self, person: Person) -> Browser:
        """A browser of this person's, signed in on GitHub's page."""
        browser = self.browser()
        assert browser.sign_in(person).status_code == 200
        return browser

    def everywhere(self) -> list[str]:
        """The path of each page that shows what people or agents wrote, of what there is by now."""
        project = self.path
        (session,) = self.get("/issue-sessions/list")["data"]
        (chain,) = self.get("/work-chains/list")["data"]
        runs = [f"{project}/runs/{run['id']}" for run in self.get("/runs/list")["data"]]
        with self.db.read() as tx:
            delivery = tx.scalars(select(Delivery.id)).first()
        return [
            "/projects", project, *(f"{project}/{part}" for part in PARTS), *runs,
            f"{project}/sessions/{session['id']}", f"{project}/chains/{chain['id']}",
            "/admin", "/admin/deliveries", f"/admin/deliveries/{delivery}", "/admin/machines",
        ]  # fmt: skip

    @property
    def path(self) -> str:
        """Of the page of `mona/shop`."""
        return f"/projects/{self.project.id}"


class Browser:
    """Cookies, and the page that was loaded last."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client: FlaskClient = house.web.application.test_client()
        self.page = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        """Load a page; redirects of this server's own are followed."""
        return self._loaded(self.client.get(path, **more))

    def send(self, action: str, **fields: Any) -> TestResponse:
        """Send the form of the present page that goes to this address, with what was typed."""
        forms = {unescape(where): inside for where, inside in FORM.findall(self.page)}
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(forms[action])}
        return self._loaded(self.client.post(action, data=hidden | fields))

    def sign_in(self, person: Person, path: str = "/auth/sign-in") -> TestResponse:
        """By GitHub's page, where the person agrees."""
        return self.get(self.from_github(person, self.client.get(path).location))

    def from_github(self, person: Person, page: str) -> str:
        """The path to which GitHub's page sends a person who agrees."""
        answer = httpx.post(page, data={"person": person.login, "act": "authorize"})
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.client._cookies.values()}

    def _loaded(self, response: TestResponse) -> TestResponse:
        while response.status_code in (302, 303) and response.location.startswith("/"):
            response = self.client.get(response.location)
        self.page = response.get_data(as_text=True)
        return response
