"""Entries of tables that no row can miss, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

EXCUSED: Mapping[str, str] = {
    "edna.forms.CONTENT_KEYS['WHATSAPP']": "a channel of a type that is not in the table goes as WhatsApp",
    "edna.pieces.ABILITIES['WHATSAPP']": "a channel of a type that is not in the table can do what WhatsApp can",
    "edna.pieces.ABILITIES['SMS'].captions = True": "no file goes by SMS, so that there is nothing to have a caption",
}
