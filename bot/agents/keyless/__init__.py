"""The keyless agent: analyzers, no account anywhere."""

from bot.agents.keyless.agent import scan

__all__ = ["scan"]
