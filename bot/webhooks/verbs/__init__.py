"""What each verb does: it calls the noun that its endpoint calls."""

from __future__ import annotations

from collections.abc import Callable

from bot.webhooks.verbs import answering, finding, talking, working
from bot.webhooks.verbs.base import Asked, Done

DOES: dict[str, Callable[[Asked], Done]] = {
    "approve": answering.approve,
    "ask": answering.ask,
    "cancel": working.cancel,
    "correct": answering.correct,
    "decide": answering.decide,
    "dismiss": finding.dismiss,
    "fix": working.fix,
    "help": talking.help,
    "pause": working.pause,
    "proceed": answering.proceed,
    "recheck": finding.recheck,
    "reopen": finding.reopen,
    "reopen Q": answering.reopen,
    "resume": working.resume,
    "retry": working.retry,
    "scan": finding.scan,
    "skip": working.skip,
    "start": working.start,
    "status": talking.status,
    "withdraw": answering.withdraw,
    "work": working.work,
}
