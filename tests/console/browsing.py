"""A real browser: Debian's Chromium, played by Playwright; axe-core looks at each page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, DESK = {"width": 375, "height": 700}, {"width": 1200, "height": 800}
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless one. Skips where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


def usable(page: Page) -> list[str]:
    """What keeps people from using the page, in both themes and at a phone's width; empty: nothing that axe finds.

    https://github.com/dequelabs/axe-core/blob/develop/doc/API.md
    """
    found = []
    for theme, size in (("light", DESK), ("dark", PHONE)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size(size)
        # in a world of its own, which the page's policy does not reach
        session = page.context.new_cdp_session(page)
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]
        asked = {"contextId": world, "returnByValue": True, "awaitPromise": True}
        session.send("Runtime.evaluate", {"expression": AXE, **asked, "returnByValue": False})
        answer: Any = session.send("Runtime.evaluate", {"expression": "axe.run()", **asked})
        for violation in answer["result"]["value"]["violations"]:
            places = [node["html"][:120] for node in violation["nodes"][:3]]
            found.append(f"{page.url}, {theme}: {violation['id']}: {violation['help']}: {places}")
        if page.evaluate(WIDER) > 0:
            found.append(f"{page.url}, {theme}: the page is wider than the screen")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)
    return found
