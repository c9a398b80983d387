"""Says loudly what was not tested and why; where CI is set, an untested part fails the run."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") and _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = _skipped(config)
    if not skipped:
        return
    verdict = "this fails the run, since CI is set" if os.environ.get("CI") else "this fails in CI"
    terminalreporter.section(
        f"NOT TESTED: {sum(map(len, skipped.values()))} skipped, {verdict}", red=True, bold=True
    )
    for reason, tests in skipped.items():
        terminalreporter.line(reason, bold=True)
        for test in tests:
            terminalreporter.line(f"    {test}")


def _skipped(config: pytest.Config) -> dict[str, list[str]]:
    """Tests by the reason for which they were skipped; empty in a worker of xdist, which reports to its parent."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = defaultdict(list)
    for report in reporter.stats.get("skipped", []) if reporter else []:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[reason.removeprefix("Skipped: ")].append(report.nodeid)
    return skipped
