"""What Sentry and an OpenTelemetry collector get when their variables are set: stand-ins for both listen."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.test_up import ASKFIRST, Up, free_port
from tests.test_webhooks import signature
from tests.warm import until

SECRETS = {
    "GITHUB_WEBHOOK_SECRET": "it is a secret",
    "GITHUB_PRIVATE_KEY": "-----BEGIN nothing\nof use-----",
    "ASKFIRST_MODEL_KEY": "sk-of-a-model",
    "SECRET_KEY": "signs the cookies",
}
TOKEN = "ghs_" + "x" * 40


class Collector:
    """Listens as both, and keeps what comes."""

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []
        self.spans: list[tuple[str, dict[str, Any]]] = []
        self.heard = ""
        collector = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.keep(self.path, body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{self.server.server_port}"
        self.settings = {
            "SENTRY_DSN": f"http://key@{place}/1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{place}",
        }

    def keep(self, path: str, body: bytes) -> None:
        self.heard += body.decode(errors="replace")
        if path.endswith("/envelope/"):
            lines = body.split(b"\n")
            self.errors += [json.loads(item) for kind, item in pairwise(lines) if b'"type":"event"' in kind]
        else:
            assert path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                assert any(each.value.string_value == "askfirst" for each in resource.resource.attributes)
                for scope in resource.scope_spans:
                    self.spans += [(each.name, _attributes(each)) for each in scope.spans]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    listening = Collector()
    yield listening
    listening.close()


def test_errors_and_spans_of_a_running_server(collector: Collector, tmp_path: Path) -> None:
    up = Up(tmp_path / "home", free_port(), GITHUB_APP_ID="1", **SECRETS, **collector.settings)
    try:
        until(up.ready)
        up.project(tmp_path)
        up.call("/whoami")
        body = json.dumps({"action": "created", "repository": {"id": 1}, "comment": {"body": TOKEN}}).encode()
        headers = {
            "X-Hub-Signature-256": signature(body), "X-GitHub-Event": "issue_comment", "X-GitHub-Delivery": "broken",
        }  # fmt: skip
        assert httpx.post(f"{up.url}/webhooks/github", content=body, headers=headers).status_code == 202
        assert up.scanned()["status"] == "failed", "that folder is no repository"

        def told() -> bool:
            names = {name for name, _ in collector.spans}
            return {"GET /api/v1/whoami", "POST /webhooks/github", "delivery", "scan"} <= names and bool(
                collector.errors
            )

        until(told)
    finally:
        up.process.send_signal(signal.SIGTERM)
        up.process.communicate(timeout=30)
    [error] = [each for each in collector.errors if each["tags"].get("job") == "delivery"]
    assert "is dead" in json.dumps(error["logentry"]) and error["release"].startswith("askfirst@")
    assert set(error["tags"]) >= {"row", "delivery"} and "request" not in error
    spans = dict(collector.spans)
    assert spans["GET /api/v1/whoami"]["http.response.status_code"] == 200
    assert spans["delivery"]["askfirst.outcome"] == "dead" and "askfirst.session" in spans["scan"]
    for secret in (*SECRETS.values(), TOKEN, up.key):
        assert secret not in collector.heard


def test_no_secret_of_the_server_gets_into_an_error(collector: Collector, tmp_path: Path) -> None:
    words = "; ".join([*SECRETS.values(), TOKEN, "the rest"])
    program = (
        "import logging, sys; from bot.config import load; from cli.base import watch; watch(load());"
        "words = sys.argv[1]\n"
        "try: raise ValueError(words)\n"
        "except ValueError: logging.getLogger('x').exception('said: %s', words)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, words],
        env={"PATH": os.environ["PATH"], "ASKFIRST_HOME": str(tmp_path), **SECRETS, **collector.settings},
        stderr=subprocess.PIPE, text=True, check=True,
    ).stderr  # fmt: skip
    [error] = until(lambda: collector.errors)
    assert error["exception"]["values"][0]["value"].endswith("[redacted]; the rest")
    for secret in (*SECRETS.values(), TOKEN):
        assert secret not in collector.heard and secret not in told
        assert json.dumps(secret)[1:-1] not in collector.heard + told


def test_what_is_no_dsn_is_said_in_one_sentence(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "ASKFIRST_HOME": str(tmp_path), "SENTRY_DSN": "nonsense"}
    refused = subprocess.run(
        [ASKFIRST, "doctor"], env=environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr.startswith("Error: SENTRY_DSN: ") and len(refused.stderr.splitlines()) == 1


def test_without_its_package_it_is_said_at_the_start(tmp_path: Path) -> None:
    program = "import sys; sys.modules['sentry_sdk'] = None; import app; app.main()"
    refused = subprocess.run(
        [sys.executable, "-c", program, "doctor"],
        env={"PATH": os.environ["PATH"], "ASKFIRST_HOME": str(tmp_path), "SENTRY_DSN": "http://key@127.0.0.1:1/1"},
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: SENTRY_DSN") and "install askfirst[telemetry]" in refused.stderr
