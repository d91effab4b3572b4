"""amojo's signatures as amojo checks and makes them (amojo.md §2, §6.2). Pure.

Written once more on purpose, not taken from the bridge: a fake that shares code with the client cannot find its
mistakes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

LIFE_S = 15 * 60
HEADERS = ("Date", "Content-Type", "Content-MD5", "X-Signature")

# amojo is written in Go, whose encoder escapes these in every string (amojo.md §6.2).
ESCAPED = str.maketrans(
    {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"},
)


def refusal(secret: str, method: str, path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """Why a request is not authentic, or None. `path` without query; `now` with a zone."""
    for name in HEADERS:
        if name not in headers:
            return f"header {name} is missing"
    if not _fresh(headers["Date"], now):
        return "Date is unreadable, or not within 15 minutes of now"
    if headers["Content-MD5"] != hashlib.md5(body, usedforsecurity=False).hexdigest():
        return "Content-MD5 is not the lower-case hex MD5 of the body"
    lines = (method.upper(), headers["Content-MD5"], headers["Content-Type"], headers["Date"], path)
    expected = _sha1(secret, _raw("\n".join(lines)))
    return None if hmac.compare_digest(expected.encode(), _raw(headers["X-Signature"])) else "invalid signature"


def signed_as_before(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether X-Signature is that of the body only, as it was before autumn 2019 (amojo.md §2.5)."""
    return hmac.compare_digest(_sha1(secret, body).encode(), _raw(headers.get("X-Signature", "")))


def hook_bytes(document: Mapping[str, Any]) -> bytes:
    """The bytes of a hook that are signed: compact JSON, raw UTF-8, with Go's escapes, without the final newline."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(ESCAPED).encode()


def hook_signature(secret: str, signed: bytes) -> str:
    """X-Signature of a hook."""
    return _sha1(secret, signed)


def _sha1(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha1).hexdigest()


def _raw(header: str) -> bytes:
    """The bytes that came over the wire: the server decodes those that are no UTF-8 as surrogates."""
    return header.encode("utf-8", "surrogateescape")


def _fresh(date: str, now: datetime) -> bool:
    try:
        written = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return False
    if written.tzinfo is None:  # "-0000": a time without a zone
        return False
    return abs((now - written).total_seconds()) <= LIFE_S
