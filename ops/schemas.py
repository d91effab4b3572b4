"""`python -m ops.schemas`: writes the JSON Schemas of the topics' events into docs/schemas."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from bridge.events import (
    ChatLink,
    InboundMessage,
    MessageLink,
    OutboundMessage,
    Quarantined,
    Receipt,
    StatusUpdate,
    schema_of,
)

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"
EVENTS: dict[str, type[BaseModel]] = {
    "inbound-message": InboundMessage,
    "outbound-message": OutboundMessage,
    "status-update": StatusUpdate,
    "receipt": Receipt,
    "message-link": MessageLink,
    "chat-link": ChatLink,
    "quarantined": Quarantined,
}


def rendered(event: type[BaseModel]) -> str:
    """A schema as it is committed."""
    return json.dumps(schema_of(event), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, event in EVENTS.items():
        (FOLDER / f"{name}.json").write_text(rendered(event))
