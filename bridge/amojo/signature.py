"""amojo's two signatures: of our requests (amojo.md §2) and of its webhooks (amojo.md §6.2). Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime

CONTENT_TYPE = "application/json"  # exactly: a charset would change what is signed


def signed_headers(secret: str, method: str, path: str, body: bytes, date: datetime) -> dict[str, str]:
    """The four headers of a request. `path` is without host and query; `date` has a zone, and lives for 15 minutes."""
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    written = format_datetime(date)
    signed = "\n".join((method.upper(), md5, CONTENT_TYPE, written, path))
    return {
        "Date": written,
        "Content-Type": CONTENT_TYPE,
        "Content-MD5": md5,
        "X-Signature": hmac.digest(secret.encode(), signed.encode(), "sha1").hex(),
    }


def hook_signature(secret: str, body: bytes) -> str:
    """The signature of a webhook's body: lower-case hex."""
    return hmac.digest(secret.encode(), body, "sha1").hex()


def hook_is_authentic(secrets: Iterable[str], body: bytes, header: str | None) -> bool:
    """Whether a webhook was signed with one of the secrets, over its raw bytes or those without the trailing newline.

    amojo signs without the newline, so that form is tried first. Takes the same time for any header that does not fit.
    """
    if not header:
        return False
    given = header.strip().lower().encode("utf-8", "surrogateescape")  # header bytes may be anything
    stripped = body.rstrip(b"\r\n")
    forms = (stripped,) if stripped == body else (stripped, body)
    return any(
        hmac.compare_digest(hook_signature(secret, signed).encode(), given) for secret in secrets for signed in forms
    )
