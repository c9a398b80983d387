"""Everything the engine can do."""

from __future__ import annotations

from bot.jobs import (
    answering,
    chains,
    commands,
    deliveries,
    issues,
    projects,
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
    "ask_again": Job(deliveries.ask_again),
    "catch_up": Job(issues.catch_up, renewed=True),
    "command": Job(commands.obey, died=commands.died),
    "comment": Job(threads.comment),
    "delivery": Job(deliveries.handle),
    "fix": Job(chains.fix, died=chains.died),
    "freeze": Job(answering.freeze, died=answering.not_frozen),
    "leave": Job(projects.leave),
    "look_at_installation": Job(projects.look),
    "look_at_issue": Job(issues.look, renewed=True),
    "look_at_round": Job(questions.look, renewed=True),
    "look_everywhere": Job(projects.look_everywhere),
    "react": Job(threads.react),
    "read_config": Job(projects.read_config),
    "recheck": Job(rechecks.recheck, died=rechecks.died),
    "remind": Job(reminders.remind),
    "reply": Job(questions.reply),
    "scan": Job(sessions.scan, died=sessions.died),
    "settle": Job(answering.settle),
    "show_chain": Job(pulls.show, died=pulls.not_shown),
    "show_issue": Job(issues.show, renewed=True),
    "show_questions": Job(questions.show, died=questions.not_shown, renewed=True),
    "tidy": Job(chains.tidy),
}
