"""A stand-in for a model's provider: speaks OpenAI's chat completions, and says what a test has written down.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-model-key-that-nobody-may-see"
TOKENS = 100  # each answer takes so many


def calls(name: str, **arguments: Any) -> dict[str, Any]:
    """The model calls a tool."""
    return calls_raw(name, json.dumps(arguments))


def calls_raw(name: str, arguments: str) -> dict[str, Any]:
    """The model calls a tool, with arguments that may be no JSON."""
    call = {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def says(text: str) -> dict[str, Any]:
    """The model says something and calls nothing."""
    return {"role": "assistant", "content": text}


def hands_in(**result: Any) -> dict[str, Any]:
    return calls("hand_in", **result)


class Refuses(Exception):
    """The provider answers with this status instead; 0 hangs up in the middle of an answer."""

    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers


Said = dict[str, Any] | Refuses | Callable[[dict[str, Any]], dict[str, Any]]


class FakeModel:
    """Says each of `script` once, and the last one again and again. `asked`: the bodies of the requests."""

    def __init__(self, *script: Said) -> None:
        self.script, self.asked = list(script), []  # type: tuple[list[Said], list[dict[str, Any]]]
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                known = self.headers["Authorization"] == f"Bearer {KEY}"
                try:
                    self._answer(
                        200, fake.answer(body) if known else _error("Incorrect API key: " + KEY), known
                    )
                except Refuses as refused:
                    self._refuse(refused)

            def _answer(self, status: int, answer: dict[str, Any], known: bool) -> None:
                text = json.dumps(answer).encode()
                self.send_response(status if known else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def _refuse(self, refused: Refuses) -> None:
                text = json.dumps(_error("Not now.")).encode()
                self.send_response(refused.status or 200)
                for name, value in refused.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text[: len(text) // (1 if refused.status else 2)])
                self.close_connection = not refused.status

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.asked.append(body)
            said = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(said, Refuses):
            raise said
        message = said(body) if callable(said) else said
        return {
            "id": f"answer-{len(self.asked)}", "object": "chat.completion", "created": 0, "model": body["model"],
            "choices": [{"index": 0, "message": message,
                         "finish_reason": "tool_calls" if message.get("tool_calls") else "stop"}],
            "usage": {"prompt_tokens": TOKENS - 10, "completion_tokens": 10, "total_tokens": TOKENS},
        }  # fmt: skip

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def heard(self) -> str:
        """All that the model was ever told."""
        return json.dumps(self.asked)


def plays(**scripts: list[dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A model that keeps to a script for each kind of task, from its beginning whenever a run begins."""

    def say(body: dict[str, Any]) -> dict[str, Any]:
        kind = next(
            kind for kind in scripts if f'"task": "{kind}"' in json.dumps(body["messages"]).replace("\\", "")
        )
        return scripts[kind][sum(message["role"] == "assistant" for message in body["messages"])]

    return say


def tool_results(body: dict[str, Any]) -> list[str]:
    """What the tools answered so far, oldest first."""
    return [message["content"] for message in body["messages"] if message["role"] == "tool"]


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "code": None}}
