"""Agents: what finds work in a checkout, asks about it, and does it."""

from bot.agents.base import (
    AgentFailed,
    Answer,
    AskedQuestion,
    AskResult,
    FixResult,
    FoundIssue,
    IssueBrief,
    Option,
    Place,
    ScanResult,
    Span,
    Task,
    TaskLimits,
)
from bot.agents.run import run_ask, run_fix, run_scan

__all__ = [
    "AgentFailed",
    "Answer",
    "AskResult",
    "AskedQuestion",
    "FixResult",
    "FoundIssue",
    "IssueBrief",
    "Option",
    "Place",
    "ScanResult",
    "Span",
    "Task",
    "TaskLimits",
    "run_ask",
    "run_fix",
    "run_scan",
]
