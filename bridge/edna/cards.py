"""Contacts that a client sent, however they are written: their form is not documented (edna.md §4). Pure.

Flat, as WhatsApp itself writes them, as vCards, or as a bare phone or name.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from bridge.events import Contact
from bridge.phones import e164
from bridge.shapes import JsonObject, first, member, text, word

PHONE_KEYS = ("phone", "phoneNumber", "number", "value", "phones")
MAIL_KEYS = ("email", "mail", "emails")
VCARD = "BEGIN:VCARD"
VCARD_FIELDS = {"FN": "name", "TEL": "phones", "EMAIL": "emails"}
FOLDED = re.compile(r"\r?\n[ \t]")  # a long line of a vCard goes on after it
ESCAPED = re.compile(r"\\([,;\\])")


class Card(NamedTuple):
    """A contact, and the further phones and mail addresses that it has no place for."""

    contact: Contact
    further: tuple[str, ...]

    @property
    def line(self) -> str:
        """All of it as one line."""
        return " ".join(filter(None, (self.contact.name, self.contact.phone, *self.further)))


def cards(held: Any, region: str) -> list[Card]:
    """The contacts in a value that say a name, a phone or a mail address."""
    found = []
    for each in _listed(held):
        inner = each.get("contacts") if isinstance(each, dict) else None
        found += [_card(said, region) for one in _listed(inner or each) for said in _written(one)]
    return [card for card in found if card.contact.name or card.contact.phone]


def _written(value: Any) -> list[JsonObject]:
    """One contact as objects: vCards may be several."""
    if not isinstance(value, dict):
        said = text(value)
        return _vcards(said) if VCARD in said.upper() else [{_kind_of(said): said}]
    for said in map(text, value.values()):
        if VCARD in said.upper():
            head, *others = _vcards(said)
            return [{**head, **{key: each for key, each in value.items() if each}}, *others]
    return [value]


def _kind_of(said: str) -> str:
    return "name" if any(map(str.isalpha, said)) else "phone"


def _vcards(said: str) -> list[JsonObject]:
    return [_vcard(each) for each in re.split(VCARD, said, flags=re.IGNORECASE)[1:]]


def _vcard(said: str) -> JsonObject:
    found: dict[str, list[str]] = {}
    for line in FOLDED.sub("", said).splitlines():
        name, _, value = line.partition(":")
        key = VCARD_FIELDS.get(name.partition(";")[0].rpartition(".")[2].strip().upper())
        if key:
            found.setdefault(key, []).append(ESCAPED.sub(r"\1", value).strip().removeprefix("tel:"))
    return {**found, "name": next(filter(None, found.get("name", [])), "")}


def _card(said: JsonObject, region: str) -> Card:
    phones = [e164(each, region) or each for each in _words(said, PHONE_KEYS, "phone", "wa_id", "value", "number")]
    ways = dict.fromkeys(phones + _words(said, MAIL_KEYS, "email", "value"))
    name = _name(said)
    phone = phones[0] if phones else None
    if not name and phone is None:
        name = next(iter(ways), "")
    return Card(Contact(name=name or None, phone=phone), tuple(each for each in ways if each not in (name, phone)))


def _name(said: JsonObject) -> str:
    found = first(said, "name", "formattedName", "formatted_name", "userName", "fullName")
    for holder in (member(said, "name"), said):
        both = (first(holder, "firstName", "first_name"), first(holder, "lastName", "last_name"))
        found = found or first(holder, "formattedName", "formatted_name") or " ".join(filter(None, both))
    return found


def _words(said: JsonObject, keys: tuple[str, ...], *spellings: str) -> list[str]:
    listed = [each for key in keys for each in _listed(said.get(key))]
    return [found for each in listed if (found := first(each, *spellings) or word(each))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
