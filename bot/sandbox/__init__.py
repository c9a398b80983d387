"""Sandboxes: where an agent works, and how a repository gets there."""

from __future__ import annotations

from bot.sandbox.base import Limits, Sandbox
from bot.sandbox.process import ProcessSandbox
from bot.sandbox.template import Template


def open_sandbox(template: Template, limits: Limits | None = None) -> Sandbox:
    """An empty sandbox for this template, to be used with `with`; SandboxError says why it is refused."""
    return ProcessSandbox(template, limits)
