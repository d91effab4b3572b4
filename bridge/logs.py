"""Structured logs of every part, with phones and texts masked before they are written.

Masking is a processor, so that no caller can forget it: keys that hold personal data are replaced whole, and anything
that looks like a phone or a conversation id is shortened wherever it stands.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

from bridge.settings import Settings

EventDict = MutableMapping[str, Any]

PERSONAL_KEYS = frozenset({"text", "phone", "name", "address", "avatar", "email", "body", "sender", "content"})
SECRET_KEYS = frozenset(
    {"secret", "token", "password", "api_key", "authorization", "signature", "x-api-key", "x-signature"}
)
HIDDEN_KEYS = PERSONAL_KEYS | SECRET_KEYS

_CONVERSATION = re.compile(r"(v1\.[^.\s\"']+\.[^.\s\"']+\.)([^.\s\"'/,)\]}]+)")
_PHONE = re.compile(r"(?<![\w.-])\+?\d{10,15}(?![\w-])")
_LIBRARY_LEVELS = {
    "aiokafka": "CRITICAL",  # a line for each failed connection; the parts say once what they wait for
    "aiokafka.consumer": "WARNING",
    "aiokafka.producer": "CRITICAL",
    "aiohttp.access": "WARNING",
    "aiohttp.server": "CRITICAL",  # quotes requests that it cannot read, with the keys and addresses in them
    "faust": "WARNING",
    "mode": "WARNING",
    "asyncio": "WARNING",
    "streams.shell": "INFO",
}


def masked(value: str) -> str:
    """A text in which phones and the addresses in conversation ids keep only their last two digits."""
    value = _CONVERSATION.sub(lambda match: match[1] + _tail(match[2]), value)
    return _PHONE.sub(lambda match: _tail(match[0]), value)


def _tail(value: str) -> str:
    return f"…{value[-2:]}"


def mask(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The structlog processor: nothing personal and nothing secret leaves the process by a log line."""
    for key, value in event.items():
        if key not in ("timestamp", "level"):
            event[key] = _hidden(key, value)
    return event


def _hidden(key: Any, value: Any) -> Any:
    """A value without what is personal or secret, at every depth of lists and mappings."""
    if isinstance(key, str) and key.lower() in HIDDEN_KEYS:
        return "***"
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {name: _hidden(name, each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_hidden(None, each) for each in value]
    return value


def logging_config(settings: Settings, part: str) -> dict[str, Any]:
    """A `logging.dictConfig` that sends the standard library's loggers through the same processors."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    mask,
                    _renderer(settings),
                ],
                "foreign_pre_chain": _shared(part),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": settings.log_level},
        "loggers": {name: {"level": level} for name, level in _LIBRARY_LEVELS.items()},
    }


def configure_logs(settings: Settings, part: str) -> None:
    """Set up logging for this process: JSON lines (LOG_FORMAT=console for people) on stderr, masked."""
    logging.config.dictConfig(logging_config(settings, part))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(part),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _shared(part: str) -> list[Callable[..., Any]]:
    def name_the_part(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["part"] = part
        return event

    return [
        structlog.contextvars.merge_contextvars,
        name_the_part,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _renderer(settings: Settings) -> Callable[..., Any]:
    if settings.log_format == "console":
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False)
