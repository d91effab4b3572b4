"""Webhooks of every form, with a few things in them that are not as they should be."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from sandbox.amojo import content as operators
from sandbox.edna import contents as clients
from tests.bridge.vendor_forms import (
    hook,
    hook_v1,
    legacy,
    legacy_status,
    pulse,
    pulse_content,
    pulse_status,
    readme,
    readme_hook,
)

FILE = {"url": "https://files.example/a.jpg", "name": None, "size": None}
TYPING = {"action": {"typing": {"user": {"id": "s-1"}, "conversation": {"id": "k-1"}}}}
CLICK = {"type": "LINK_CLICK", "timestamp": "2026-01-01T10:00:00Z", "payload": {"url": "https://shop.example"}}

EDNA: list[dict[str, Any]] = [
    pulse(),
    *(pulse_content(kind, **{"text": "Да", **said}) for kind, said in clients.SAMPLES.items() if kind in clients.TYPES),
    *(pulse_content(kind, attachment=FILE, caption="Вот") for kind in clients.FILES),
    legacy(),
    legacy(contentType="image", attachmentUrl=FILE["url"], text=None),
    readme(),
    readme(text="", attachment=FILE),
    pulse_status(),
    legacy_status(),
    {"id": "msg-abcde", "status": "read"},
    CLICK,
]
AMOJO: list[dict[str, Any]] = [
    hook(),
    *(hook({"type": kind, **said}) for kind, said in operators.SAMPLES.items()),
    *(hook({"type": kind, "media": FILE["url"]}) for kind in operators.FILES),
    hook(conversation={"id": "k-1"}, receiver={"id": "r-1", "phone": "79001234567"}),
    hook_v1(),
    readme_hook(),
    TYPING,
]
WORDS = st.sampled_from(
    ["", " ", "0", "-1", "null", "true", "79001234567", "https://f/1.jpg", "\ud800", "a\udfffb", "\0", "x" * 300]
)
TAILS = st.sampled_from(["", "", "", "\ud800", "\0"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | WORDS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@st.composite
def near_misses(draw: st.DrawFn, samples: list[dict[str, Any]]) -> Any:
    """One of the samples in which up to three things are changed, left out or wrapped."""
    document = copy.deepcopy(draw(st.sampled_from(samples)))
    if "time" in document:
        document["time"] = int(time.time())
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(list(_places(document)) or [(document, "x")]))
        match draw(st.sampled_from(("other", "odd", "out", "list", "word"))):
            case "other":
                holder[key] = draw(JSON)
            case "odd":
                holder[key] = draw(WORDS)
            case "out":
                holder.pop(key, None)
            case "list":
                holder[key] = [holder.get(key)]
            case "word":
                holder[key] = str(holder.get(key))
    return _ended(document, draw(TAILS))


def _ended(value: Any, tail: str) -> Any:
    """A document in which every text ends so."""
    if isinstance(value, dict):
        return {key: _ended(inner, tail) for key, inner in value.items()}
    if isinstance(value, list):
        return [_ended(inner, tail) for inner in value]
    return value + tail if isinstance(value, str) else value


def written(document: Any, *, ascii_only: bool) -> bytes:
    """As JSON, with or without escapes; lone surrogates always as escapes."""
    try:
        return json.dumps(document, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return json.dumps(document).encode()


def _places(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every key of every object in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from _places(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner)
