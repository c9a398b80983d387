"""Errors to Sentry and spans by OpenTelemetry, where their own variables ask for that; else nothing leaves the machine.

SENTRY_DSN: https://docs.sentry.io/platforms/python/configuration/options/
OTEL_EXPORTER_OTLP_ENDPOINT: https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from bot import logs
from bot.config import ConfigError

OTLP = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
# of an error: what it is, where it was raised, and when; not the request, nor what was in memory
KEPT = (
    "event_id", "timestamp", "level", "logger", "logentry", "exception", "platform", "release", "environment", "sdk",
)  # fmt: skip
FLUSH_SECONDS = 2.0

_provider: Any = None
_tracer: Any = None


def begin(redact: Callable[[str], str]) -> None:
    """Begin in this process; `redact` takes secrets out of each error.

    Raises ConfigError where a variable is set and its package is missing, or SENTRY_DSN is none.
    """
    try:
        if os.environ.get("SENTRY_DSN"):
            _begin_sentry(redact)
        asked = any(os.environ.get(name) for name in OTLP)
        if asked and os.environ.get("OTEL_SDK_DISABLED", "").lower() != "true":
            _begin_spans()
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"SENTRY_DSN or OTEL_EXPORTER_OTLP_ENDPOINT is set, and {missing.name} is not installed: "
            "install askfirst[telemetry], or unset it."
        ) from None
    except ValueError as wrong:
        raise ConfigError(f"SENTRY_DSN: {wrong}; copy it from the project's settings at Sentry.") from None


@contextmanager
def span(name: str, **ids: str) -> Iterator[None]:
    """A span over this block, with these ids, where spans are asked for."""
    if _tracer is None:
        yield
        return
    attributes = {f"askfirst.{key}": value for key, value in ids.items()}
    # not the error itself: its words may be anybody's
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ):
        yield


def note(name: str, value: str | int) -> None:
    """Say more of the span at hand."""
    if _tracer is not None:
        from opentelemetry import trace

        trace.get_current_span().set_attribute(name, value)


def flush() -> None:
    """Send what waits, before a process ends without a word."""
    if _provider is not None:
        _provider.force_flush(int(FLUSH_SECONDS * 1000))
    if os.environ.get("SENTRY_DSN"):
        import sentry_sdk

        sentry_sdk.flush(FLUSH_SECONDS)


def _begin_sentry(redact: Callable[[str], str]) -> None:
    import sentry_sdk
    from sentry_sdk.types import Event, Hint

    def before_send(event: Event, _hint: Hint) -> Event | None:
        kept = {name: value for name, value in event.items() if name in KEPT}
        kept["tags"] = logs.at_hand()
        clean: Event = json.loads(redact(json.dumps(kept, default=str)))
        return clean

    sentry_sdk.init(
        release=f"askfirst@{version('askfirst')}",
        before_send=before_send,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_enabling_integrations=False,
    )


def _begin_spans() -> None:
    global _provider, _tracer
    if _provider is not None:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    os.environ.setdefault("OTEL_SERVICE_NAME", "askfirst")
    _provider = TracerProvider(resource=Resource.create({SERVICE_VERSION: version("askfirst")}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(_provider)
    _tracer = _provider.get_tracer("askfirst")
