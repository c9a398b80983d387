"""The loop: the model is asked, its tools are called, and it is asked again until it hands in the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from openai import AsyncOpenAI
from pydantic_ai import Agent, Tool, ToolOutput, UsageLimits
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAuthenticationError,
    RunTimedOut,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
)
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.providers.openai import OpenAIProvider

from bot.agents.base import AgentFailed, Log, OnProgress, Task, Wire
from bot.agents.model.prompts import Prompt
from bot.agents.model.tools import Tools
from bot.agents.needs import Brain, Workplace

STEPS = 60  # answers of the model in one run
ANSWER_SECONDS = 180.0
TRIES = 4  # of a request that was refused for a while or did not come through
CORRECTIONS = 2  # of a result or a call that does not fit its schema

Given = TypeVar("Given", bound=Wire)


class Counted(WrapperModel):
    """The model, each of whose answers is counted as soon as it is there."""

    def __init__(self, brain: Brain, on_progress: OnProgress) -> None:
        client = AsyncOpenAI(
            base_url=brain.url, api_key=brain.key or "none", timeout=ANSWER_SECONDS, max_retries=TRIES - 1
        )
        super().__init__(OpenAIChatModel(brain.model, provider=OpenAIProvider(openai_client=client)))
        self._brain, self._on_progress, self._step = brain, on_progress, 0

    async def request(self, *args: Any, **kwargs: Any) -> ModelResponse:
        self._step += 1
        self._on_progress("thinking", min(90, 5 + 3 * self._step), f"step {self._step}")
        answer = await self.wrapped.request(*args, **kwargs)
        self._brain.spend(answer.usage.total_tokens)
        return answer


def think(
    brain: Brain,
    shape: type[Given],
    prompt: Prompt,
    task: Task,
    sandbox: Workplace,
    on_progress: OnProgress,
    log: Log,
) -> Given:
    """What the model hands in. AgentFailed where it does not come to that, with the reason and no secret."""
    # one after another, as they were asked for: what one reads may be what the one before wrote
    tools = [Tool(tool, sequential=True) for tool in Tools(sandbox, log).of(task.kind)]
    agent = Agent(
        Counted(brain, on_progress),
        output_type=ToolOutput(shape, name="hand_in"),
        instructions=prompt.instructions,
        tools=tools,
        retries=CORRECTIONS,
    )
    left = brain.left()
    if left <= 0:
        raise AgentFailed("no tokens are left for the run (limits.tokens)")
    limits = UsageLimits(request_limit=STEPS, total_tokens_limit=left)
    with _reasons(brain, left):
        done = agent.run_sync(prompt.task, usage_limits=limits, timeout=task.limits.timeout_ms / 1000)
    return done.output


def try_out(brain: Brain) -> None:
    """One question and its answer. Raises AgentFailed."""
    agent = Agent(Counted(brain, lambda *_: None), model_settings={"max_tokens": 16})
    with _reasons(brain, 0):
        agent.run_sync("Answer with the word yes.", timeout=ANSWER_SECONDS)


@contextmanager
def _reasons(brain: Brain, left: int) -> Iterator[None]:
    """What goes wrong is an AgentFailed, with the reason and no secret."""
    try:
        yield
    except UsageLimitExceeded as spent:
        raise AgentFailed(_limit(spent, left)) from spent
    except RunTimedOut as late:
        raise AgentFailed("the agent ran out of time") from late
    except ModelAuthenticationError:
        raise AgentFailed("the model's provider refused ASKFIRST_MODEL_KEY") from None
    except UnexpectedModelBehavior as odd:
        raise AgentFailed(
            f"the model did not hand in a result that can be used: {_said(odd, brain)}"
        ) from None
    except AgentRunError as failed:
        raise AgentFailed(f"the model cannot be asked: {_said(failed, brain)}") from None


def _limit(spent: UsageLimitExceeded, left: int) -> str:
    if "request_limit" in str(spent):
        return f"the model took more than the {STEPS} steps that a run has"
    return f"the run used the {left:,} tokens that it had (limits.tokens)"


def _said(error: Exception, brain: Brain) -> str:
    text = " ".join(str(error).split())[:500]
    return text.replace(brain.key, "***") if brain.key else text
