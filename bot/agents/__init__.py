"""Agents: what finds work in a checkout."""

from bot.agents.base import AgentFailed, FoundIssue, Place, ScanResult, Task, TaskLimits
from bot.agents.run import run_agent

__all__ = ["AgentFailed", "FoundIssue", "Place", "ScanResult", "Task", "TaskLimits", "run_agent"]
