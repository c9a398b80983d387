"""Everything the engine can do."""

from __future__ import annotations

from bot.jobs import (
    answering,
    chains,
    commands,
    deliveries,
    issues,
    pulls,
    questions,
    rechecks,
    reminders,
    sessions,
    threads,
)
from bot.jobs.work import Job

JOBS = {
    "ask": Job(answering.ask, died=answering.died),
    "command": Job(commands.obey, died=commands.died),
    "comment": Job(threads.comment),
    "delivery": Job(deliveries.handle),
    "fix": Job(chains.fix, died=chains.died),
    "freeze": Job(answering.freeze, died=answering.not_frozen),
    "look_at_issue": Job(issues.look),
    "look_at_round": Job(questions.look),
    "react": Job(threads.react),
    "recheck": Job(rechecks.recheck, died=rechecks.died),
    "remind": Job(reminders.remind),
    "reply": Job(questions.reply),
    "scan": Job(sessions.scan, died=sessions.died),
    "settle": Job(answering.settle),
    "show_chain": Job(pulls.show, died=pulls.not_shown),
    "show_issue": Job(issues.show),
    "show_questions": Job(questions.show, died=questions.not_shown),
    "tidy": Job(chains.tidy),
}
