"""JSON as it goes to vendors and into webhooks: compact, UTF-8, the same bytes for the same document."""

from __future__ import annotations

import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # json.dumps would make one for each message


def encoded(document: dict[str, Any]) -> bytes:
    """The bytes of a JSON object."""
    return _ENCODER.encode(document).encode()
