"""What amojo answers to what it does not take (amojo.md §2.6). Pure.

The real bodies are known in outline only, so clients must not rely on them.
"""

from __future__ import annotations

from typing import Any

from sandbox.vendor import Reply, reply

KINDS = {400: "VALIDATION_ERROR", 403: "FORBIDDEN"}


def error(status: int, description: str, *, duplicate: bool = False) -> Reply:
    """A refusal with its reason in words; 404 has no body."""
    if status == 404:
        return reply(404)
    document: dict[str, Any] = {"error_code": status, "error_type": KINDS[status], "error_description": description}
    return reply(status, document, "duplicate" if duplicate else "refused")


def invalid(problem: str) -> Reply:
    """A request with something wrong in it."""
    return error(400, problem)
