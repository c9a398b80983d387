"""The `askfirst` command line; what a command calls is imported when it is called, so that help is quick."""

from cli import agents, hooks, projects, serving, upkeep
from cli.base import main

__all__ = ["agents", "hooks", "main", "projects", "serving", "upkeep"]
