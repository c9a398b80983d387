"""Why GitHub takes nothing from us in a repository, so that its project waits; and what ends that."""

from __future__ import annotations

REMOVED = "the App is not installed on this repository any more"
UNWELCOME = "the repository's account is not in ASKFIRST_OWNERS"
SUSPENDED = "the App's installation is suspended on GitHub"
NOT_GRANTED = "the App asks for permissions that were not accepted on GitHub yet"
ARCHIVED = "the repository is archived on GitHub"
WITHOUT_ISSUES = "issues are disabled in the repository's settings on GitHub"

REMEDIES = {
    REMOVED: "Install it there again.",
    UNWELCOME: "Add the account, and start the server again.",
    SUSPENDED: "Unsuspend it in the account's settings, under Applications.",
    NOT_GRANTED: "Accept them in the account's settings, under Applications; the App must ask for what app.yml lists.",
    ARCHIVED: "Unarchive it in its settings.",
    WITHOUT_ISSUES: "Enable them, or set mirror.enabled to false.",
}
# while it is one of these, nothing is asked there at all; with the others a person may still be answered
SILENT = (REMOVED, UNWELCOME, SUSPENDED, ARCHIVED)


def remedy(reason: str) -> str:
    """What to do, so that the project goes on; `reason` is why it is paused."""
    return REMEDIES.get(reason, "Resume it first.")
