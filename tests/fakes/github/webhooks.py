"""Signed webhooks: every act makes them, and each App's own `deliver` sends them."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from .auth import allows
from .delivery import Delivery
from .shapes.accounts import installation_json, organization_json, user_json
from .shapes.repositories import repository_json
from .state import Actor, App, Installation, Repository

if TYPE_CHECKING:
    from .world import World

NEEDS = {
    "issues": "issues=read",
    "issue_comment": "issues=read; pull_requests=read",
    "label": "issues=read",
    "pull_request": "pull_requests=read",
    "pull_request_review": "pull_requests=read",
    "pull_request_review_comment": "pull_requests=read",
    "pull_request_review_thread": "pull_requests=read",
    "check_run": "checks=read",
    "push": "contents=read",
    "repository": "metadata=read",
}


class Webhooks:
    """The queue between acts and Apps. Sent at once, unless held or handed to the background thread."""

    def __init__(self, fake: World) -> None:
        self.fake = fake
        self.deliveries: list[Delivery] = []
        self.held: list[Delivery] = []  # in the order of sending; tests may reorder it
        self.holding = False
        self.copies = 1  # 2 sends everything twice, with one X-GitHub-Delivery
        self._ready: list[Delivery] = []
        self._background: queue.Queue[Delivery | None] | None = None
        self._thread: threading.Thread | None = None

    def emit(
        self,
        actor: Actor,
        event: str,
        action: str | None,
        repository: Repository,
        only: App | None = None,
        **content: Any,
    ) -> None:
        """Queue an event about a repository for every installation that would hear of it, or of one App."""
        shared = {"repository": repository_json(self.fake, repository)}
        if repository.owner.type == "Organization":
            shared["organization"] = organization_json(self.fake, repository.owner)
        for installation in self.fake.installations.values():
            if only not in (None, installation.app):
                continue
            if installation.covers(repository) and _hears(installation, event):
                own = {"installation": {"id": installation.id, "node_id": f"MDIz{installation.id}"}}
                self._queue(actor, installation, event, action, content | shared | own, repository)

    def emit_installation(
        self, actor: Actor, event: str, action: str, installation: Installation, **content: Any
    ) -> None:
        """Queue an event about an installation itself, in the published shape: times as numbers."""
        shape = installation_json(self.fake, installation)
        shape |= {name: int(installation.created_at.timestamp()) for name in ("created_at", "updated_at")}
        self._queue(actor, installation, event, action, {"installation": shape} | content, None)

    def ping(self, app: App) -> None:
        hook = {
            "type": "App",
            "id": app.id,
            "name": "web",
            "active": True,
            "events": app.events,
            "app_id": app.id,
            "config": {"content_type": "json", "insecure_ssl": "0"},
        }
        payload = {"zen": "Keep it logically awesome.", "hook_id": app.id, "hook": hook}
        self._add(app, "ping", None, payload, None, None)

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Send again with the same X-GitHub-Delivery, as the redeliver button does."""
        with self.fake.acting():
            return self._append(
                Delivery(
                    self.fake.next_id(),
                    delivery.guid,
                    delivery.app,
                    delivery.event,
                    delivery.action,
                    delivery.payload,
                    delivery.body,
                    delivery.installation_id,
                    delivery.repository_id,
                    redelivery=True,
                )
            )

    def hold(self) -> None:
        """Keep what comes from now on in `held`."""
        self.holding = True

    def release(self) -> None:
        """Send what was held, in the order of `held`, and hold no longer."""
        with self.fake.acting():
            self.holding = False
            self._ready += self.held
            self.held = []

    def send_in_background(self) -> None:
        """From now on a thread sends, so that no act waits for the App."""
        if self._thread is None:
            self._background = queue.Queue()
            self._thread = threading.Thread(target=self._work, args=(self._background,), daemon=True)
            self._thread.start()

    def settle(self) -> None:
        """Wait until the background thread has sent everything that was queued before."""
        if self._background is not None:
            self._background.join()

    def stop(self) -> None:
        if self._background is not None and self._thread is not None:
            self._background.put(None)
            self._thread.join()
            self._background = self._thread = None

    def flush(self) -> None:
        """Send what is ready. Called without the fake's lock: an App may call back while it answers."""
        while True:
            with self.fake.lock:
                if not self._ready:
                    return
                delivery = self._ready.pop(0)
            if self._background is not None:
                self._background.put(delivery)
            else:
                self._send(delivery)

    def _queue(
        self,
        actor: Actor,
        installation: Installation,
        event: str,
        action: str | None,
        content: dict[str, Any],
        repository: Repository | None,
    ) -> None:
        payload = ({"action": action} if action else {}) | content
        payload["sender"] = user_json(self.fake, actor.account)
        self._add(
            installation.app, event, action, payload, installation.id, repository.id if repository else None
        )

    def _add(
        self,
        app: App,
        event: str,
        action: str | None,
        payload: dict[str, Any],
        installation_id: int | None,
        repository_id: int | None,
    ) -> None:
        guid, body = str(uuid.uuid4()), json.dumps(payload).encode()
        for _ in range(self.copies):
            self._append(
                Delivery(
                    self.fake.next_id(),
                    guid,
                    app,
                    event,
                    action,
                    payload,
                    body,
                    installation_id,
                    repository_id,
                )
            )

    def _append(self, delivery: Delivery) -> Delivery:
        self.deliveries.append(delivery)
        (self.held if self.holding else self._ready).append(delivery)
        return delivery

    def _send(self, delivery: Delivery) -> None:
        if delivery.app.deliver is None:
            return
        started = time.monotonic()
        delivery.delivered_at = self.fake.clock()
        delivery.status = delivery.app.deliver(delivery.event, delivery.headers, delivery.body)
        delivery.seconds = time.monotonic() - started

    def _work(self, waiting: queue.Queue[Delivery | None]) -> None:
        while (delivery := waiting.get()) is not None:
            try:
                self._send(delivery)
            finally:
                waiting.task_done()


def _hears(installation: Installation, event: str) -> bool:
    subscribed = event in installation.app.events and not installation.suspended_at
    return subscribed and allows(installation.permissions, NEEDS[event])
