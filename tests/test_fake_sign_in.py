"""The fake GitHub signs people in, makes Apps from manifests and installs them, as GitHub does."""

from __future__ import annotations

import hashlib
import html
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.fakes.github import FakeGitHub, Person
from tests.test_fake_github import Clock

BACK = "https://bot.test/auth/callback"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
MANIFEST = {
    "name": "Ask <b>First</b>",
    "url": "https://bot.test",
    "redirect_url": "https://bot.test/setup/created?from=github",
    "setup_url": "https://bot.test/installed",
    "hook_attributes": {"url": "http://127.0.0.1:1/webhooks/github"},
    "default_permissions": {"issues": "write"},
    "default_events": ["issues"],
}


class Desk:
    """An App with one callback URL, mona who owns `mona/shop` (public) and `mona/safe`, and a guest."""

    def __init__(self, root: Path) -> None:
        self.clock = Clock()
        self.fake = FakeGitHub(root, self.clock)
        self.web = self.fake.app.test_client()
        self.app = self.fake.create_app(callback_urls=[BACK])
        self.mona, self.guest = self.fake.create_user("mona"), self.fake.create_user("guest")
        self.shop = self.fake.create_repository(self.mona, "shop")
        self.safe = self.fake.create_repository(self.mona, "safe", private=True)

    def page(self, **changed: str) -> str:
        """The address at which people are asked to sign in."""
        query = {"client_id": self.app.client_id, "redirect_uri": BACK, "state": "s&t"} | changed
        return f"/login/oauth/authorize?{urlencode(query)}"

    def code(self, person: Person, **changed: str) -> str:
        return said(self.web.post(self.page(**changed), data={"person": person.login, "act": "authorize"}))[
            "code"
        ]

    def exchange(self, code: str, **changed: str) -> dict[str, Any]:
        given = {"client_id": self.app.client_id, "client_secret": self.app.client_secret, "code": code}
        headers = {"Accept": "application/json"}
        answer = self.web.post("/login/oauth/access_token", data=given | changed, headers=headers)
        assert answer.status_code == 200
        return dict(answer.get_json())

    def token(self, person: Person) -> str:
        return str(self.exchange(self.code(person))["access_token"])

    def get(self, path: str, token: str) -> TestResponse:
        return self.web.get(f"/api/v3{path}", headers={"Authorization": f"Bearer {token}"})

    def revoke(self, token: str, secret: str | None = None) -> int:
        pair = f"{self.app.client_id}:{secret or self.app.client_secret}"
        headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        path = f"/applications/{self.app.client_id}/token"
        return self.web.delete(path, json={"access_token": token}, headers=headers).status_code

    def make(self, path: str = "/settings/apps/new", person: str = "mona", **changed: Any) -> TestResponse:
        form = {"manifest": json.dumps(MANIFEST | changed), "person": person, "act": "create"}
        return self.web.post(f"{path}?state=s", data=form)


def said(answer: TestResponse) -> dict[str, str]:
    """What the address tells to which a person is sent back."""
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    assert made.fake.violations == []


def test_a_person_agrees_and_the_app_acts_for_them_until_the_token_ends(desk: Desk) -> None:
    code = desk.code(desk.mona)
    answer = desk.exchange(code)
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("bearer", 28800, "")
    token = answer["access_token"]
    assert re.fullmatch(r"ghu_\w{36}", token)
    assert desk.get("/user", token).json["login"] == "mona"
    assert desk.get("/users/guest", token).json["login"] == "guest"
    assert desk.exchange(code)["error"] == "bad_verification_code"  # it works once
    assert desk.revoke(token, "wrong") == 401
    assert [desk.revoke(token), desk.revoke(token)] == [204, 404]
    assert desk.get("/user", token).status_code == 401
    token = desk.token(desk.mona)
    desk.clock.time += timedelta(hours=8)
    assert desk.get("/user", token).json["message"] == "Bad credentials"


def test_a_code_is_taken_from_the_app_that_asked_for_it_within_ten_minutes(desk: Desk) -> None:
    wrong = desk.exchange(desk.code(desk.mona), client_secret="wrong")
    assert wrong["error"] == "incorrect_client_credentials"
    elsewhere = desk.exchange(desk.code(desk.mona), redirect_uri="https://evil.test")
    assert elsewhere["error"] == "redirect_uri_mismatch"
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    for verifier, error in (
        ({}, True),
        ({"code_verifier": "x" * 43}, True),
        ({"code_verifier": VERIFIER}, False),
    ):
        assert ("error" in desk.exchange(desk.code(desk.mona, **proof), **verifier)) is error
    code = desk.code(desk.mona)
    desk.clock.time += timedelta(minutes=10)
    assert desk.exchange(code)["error"] == "bad_verification_code"
    # who does not ask for JSON gets a form
    plain = desk.web.post("/login/oauth/access_token", data={}).text
    assert parse_qs(plain)["error"] == ["incorrect_client_credentials"]


def test_who_may_not_be_asked_and_who_cancels(desk: Desk) -> None:
    page, stranger = desk.page(), desk.page(client_id="Iv1.unknown")
    elsewhere, plain = desk.page(redirect_uri="https://evil.test"), desk.page(code_challenge="x")
    desk.app.name = "<i>Ask</i>"
    shown = desk.web.get(page).text
    assert "Authorize &lt;i&gt;Ask&lt;/i&gt;" in shown and "<option>guest</option>" in shown
    denied = said(desk.web.post(page, data={"person": "mona", "act": "cancel"}))
    assert (denied["error"], denied["state"]) == ("access_denied", "s&t")
    assert desk.web.get(stranger).status_code == 404
    refused = desk.web.get(elsewhere)
    assert refused.status_code == 400 and "not associated with this application" in refused.text
    for wrong in (elsewhere, plain):
        assert desk.web.post(wrong, data={"person": "mona", "act": "authorize"}).status_code == 400


def test_a_person_sees_what_is_installed_and_theirs_to_see(desk: Desk) -> None:
    acme = desk.fake.create_organisation("acme", [desk.guest])
    tools = desk.fake.create_repository(acme, "tools", private=True)
    ours, theirs = desk.fake.install(desk.mona), desk.fake.install(acme, [tools])
    desk.fake.install(desk.mona, app=desk.fake.create_app("another"))
    mona, guest = desk.token(desk.mona), desk.token(desk.guest)

    def seen(token: str) -> dict[int, dict[str, bool]]:
        """By installation: the repositories, and whether the person is their admin."""
        found = {}
        for one in desk.get("/user/installations", token).json["installations"]:
            answer = desk.get(f"/user/installations/{one['id']}/repositories", token).json
            found[one["id"]] = {r["full_name"]: r["permissions"]["admin"] for r in answer["repositories"]}
        return found

    assert seen(mona) == {ours.id: {"mona/shop": True, "mona/safe": True}}
    assert seen(guest) == {theirs.id: {"acme/tools": False}}  # that mona/shop is public gives no right to it
    assert desk.get(f"/user/installations/{ours.id}/repositories", guest).status_code == 404
    desk.safe.add_collaborator(desk.guest, "triage")
    assert seen(guest)[ours.id] == {"mona/safe": False}
    first = desk.get(f"/user/installations/{ours.id}/repositories?per_page=1", mona)
    assert first.json["total_count"] == 2 and 'page=2>; rel="next"' in first.headers["Link"]


def test_an_app_is_made_from_a_manifest_and_its_credentials_are_told_once(desk: Desk) -> None:
    asked = desk.web.post("/settings/apps/new?state=s", data={"manifest": json.dumps(MANIFEST)})
    assert asked.status_code == 200 and html.escape(MANIFEST["name"]) in asked.text
    made = said(desk.make())
    assert (made["state"], made["from"]) == ("s", "github")
    (ping,) = [one for one in desk.fake.deliveries if one.app.slug == "ask-b-first-b"]
    assert (ping.event, ping.status) == ("ping", 502)  # nobody listens there
    kept = desk.web.post(f"/app-manifests/{made['code']}/conversions")
    assert kept.status_code == 201
    app = desk.fake.apps[kept.json["id"]]
    assert (kept.json["name"], kept.json["slug"]) == (MANIFEST["name"], "ask-b-first-b")
    assert (kept.json["pem"], kept.json["client_secret"]) == (app.private_key, app.client_secret)
    assert (kept.json["permissions"], kept.json["events"]) == (
        {"metadata": "read", "issues": "write"},
        ["issues"],
    )
    assert kept.json["owner"]["login"] == "mona"
    again = said(desk.make(name="Another"))["code"]
    desk.clock.time += timedelta(hours=1)
    for code in (made["code"], again):
        assert desk.web.post(f"/app-manifests/{code}/conversions").status_code == 404


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "!"}, "Name can't be blank"),
        ({"name": "AskFirst"}, "Name is already taken"),
        ({"url": ""}, "url is required"),
        ({"hook_attributes": {}}, "hook_attributes.url is required"),
        ({"default_events": ["installation"]}, "Default events unsupported: installation"),
        ({"default_events": ["push"]}, "Default events are not supported by permissions: push"),
        ({"default_permissions": {"issue": "write"}}, "Default permission issue has no level write"),
        ({"default_permissions": {"metadata": "admin"}}, "Default permission metadata has no level admin"),
        ({"default_events": "push"}, "default_events is not of the right kind"),
    ],
)
def test_a_manifest_that_github_would_not_take_is_refused(
    desk: Desk, changed: dict[str, Any], told: str
) -> None:
    refused = desk.make(**changed)
    assert refused.status_code == 422 and told in html.unescape(refused.text)
    assert list(desk.fake.apps.values()) == [desk.app]


def test_an_organisations_app_is_made_by_its_members_and_installed_there_alone(desk: Desk) -> None:
    acme = desk.fake.create_organisation("acme", [desk.mona])
    tools = desk.fake.create_repository(acme, "tools")
    page = "/organizations/acme/settings/apps/new"
    assert desk.make(page, person="guest").status_code == 403
    said(desk.make(page))
    install = "/apps/ask-b-first-b/installations/new"
    assert "acme/tools" in desk.web.get(install).text and "mona/shop" not in desk.web.get(install).text

    def installed(**form: str) -> TestResponse:
        return desk.web.post(install, data={"person": "mona", "account": "acme", **form})

    assert installed(account="mona").status_code == 404  # it is private
    assert installed(person="guest").status_code == 403
    assert installed(repository="mona/shop").status_code == 422
    told = said(installed(repository="acme/tools"))
    (installation,) = desk.fake.installations.values()
    assert told == {"installation_id": str(installation.id), "setup_action": "install"}
    assert installation.account is acme and installation.repositories == {tools.id}
    assert said(installed()) == told  # once is enough


def test_an_installation_is_suspended_and_removed_by_its_owner(desk: Desk) -> None:
    assert 'href="/apps/askfirst"' in desk.web.get("/").text
    done = desk.web.post("/apps/askfirst/installations/new", data={"person": "mona", "account": "mona"})
    page = done.location
    assert "mona/safe" in desk.web.get(page).text
    (installation,) = desk.fake.installations.values()
    assert desk.web.post(page, data={"person": "guest", "act": "uninstall"}).status_code == 403
    desk.web.post(page, data={"person": "mona", "act": "suspend"})
    assert installation.suspended_at and "Unsuspend" in desk.web.get(page).text
    desk.web.post(page, data={"person": "mona", "act": "unsuspend"})
    assert not installation.suspended_at
    assert desk.web.post(page, data={"person": "mona", "act": "uninstall"}).location == "/apps/askfirst"
    assert desk.web.get(page).status_code == 404 and not desk.fake.installations
