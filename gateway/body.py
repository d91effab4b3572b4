"""The raw bytes of a webhook, and the JSON in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from pydantic_core import from_json

from bridge.errors import NotJSON, TooLarge

READ_WITHIN_S = 10.0
DEEPEST = 300  # levels; whoever works on a document may go down it without running out of stack


async def read(request: web.Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge beyond `limit` bytes, TimeoutError when it does not come in time."""
    declared = request.content_length
    if declared is not None and declared > limit:
        raise TooLarge(f"the body has {declared} bytes; MAX_WEBHOOK_BYTES is {limit}")
    try:
        if request.content.is_eof():
            return await request.read()
        async with asyncio.timeout(READ_WITHIN_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge(f"the body is larger than MAX_WEBHOOK_BYTES, {limit} bytes") from None


def document_of(body: bytes) -> Any:
    """The JSON value of a body. Raises NotJSON, also for what is nested too deeply to be read."""
    try:
        return from_json(body, allow_inf_nan=False)  # which goes down 200 levels
    except ValueError:
        document = _slowly(body)
    if _is_deep(document):
        raise NotJSON(f"the body is nested too deeply: more than {DEEPEST} levels")
    return document


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _in(each) if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


def _in(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _slowly(body: bytes) -> Any:
    """What the fast reader refuses: other encodings, lone surrogates, long numbers; and errors in words."""
    try:
        # As json.loads does it, with a decoder that is made once.
        return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotJSON(f"the body is not JSON: {_where(error)}") from None
    except RecursionError:
        raise NotJSON("the body is nested too deeply") from None
    except ValueError:
        return _with_long_numbers(body)


def _with_long_numbers(body: bytes) -> Any:
    # Python refuses to read integers of thousands of digits; as JSON they are fine, and nothing here needs them.
    try:
        return json.loads(body, parse_constant=_refused, parse_int=_short_or_text)
    except (ValueError, RecursionError):
        raise NotJSON("the body is not JSON") from None


def _short_or_text(digits: str) -> int | str:
    return int(digits) if len(digits) < 20 else digits


def _refused(constant: str) -> Any:
    raise json.JSONDecodeError(f"{constant} is no JSON value", constant, 0)


def _where(error: UnicodeDecodeError | json.JSONDecodeError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return f"it is no {error.encoding} at byte {error.start}"


_DECODER = json.JSONDecoder(parse_constant=_refused)
