"""The keyless agent: analyzers, no account anywhere."""

from bot.agents.keyless.agent import scan
from bot.agents.keyless.asking import ask
from bot.agents.keyless.fixing import fix

__all__ = ["ask", "fix", "scan"]
