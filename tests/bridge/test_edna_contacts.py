"""The contacts that clients send: their form is not documented (edna.md §4), so that any that names one is read."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.events import Contact, Content, ContentType
from tests.bridge.edna_contents import content

CARD = Contact(name="Пётр", phone="+79990000002")
VCARD = "BEGIN:VCARD\r\nN:;Пётр;;;\r\nFN:Пётр\r\nTEL;type=CELL;waid=79990000002:+7 999 000-00-02\r\nEND:VCARD"
GROUPED = "begin:vcard\nfn:Пё\n тр\nitem1.tel;value=uri:tel:+79990000002\nend:vcard\n"


@pytest.mark.parametrize(
    "said",
    [
        {"contact": {"name": "Пётр", "phone": "89990000002"}},
        {"contact": [{"firstName": "Пётр", "phoneNumber": "+7 999 000-00-02"}]},
        {"contact": {"name": {"formatted_name": "Пётр"}, "phones": [{"phone": "+79990000002", "type": "CELL"}]}},
        {"contacts": [{"name": "Пётр", "phones": ["79990000002"]}]},
        {"contact": {"contacts": [{"name": "Пётр", "phones": ["79990000002"]}]}},
        {"contact": {"name": "Пётр", "phones": "79990000002"}},
        {"contact": {"name": "Пётр", "phone": {"value": "79990000002"}}},
        {"contact": {"fullName": "Пётр", "number": 79990000002}},
        {"contact": {"first_name": "Пётр", "type": "PHONE", "value": "79990000002"}},
        {"contact": {"vcard": VCARD}},
        {"contact": {"anything": GROUPED}},
        {"contact": {"name": "Пётр", "phone": None, "vcard": VCARD.replace("FN:Пётр", "FN:")}},
        {"contact": VCARD},
        {"contact": [None, {}, VCARD]},
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "`CONTACT` {said}", "`contact` with name and phone")
def test_a_contact_has_a_name_and_a_phone_however_it_is_written(said: dict[str, Any]) -> None:
    assert content("CONTACT", **said) == Content(type=ContentType.CONTACT, contact=CARD)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("+7 999 000-00-02", Contact(phone="+79990000002")),
        (79990000002, Contact(phone="+79990000002")),
        ("Пётр", Contact(name="Пётр")),
        ({"email": "a@b.ru"}, Contact(name="a@b.ru")),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "`CONTACT`, `contact` {held}", "`contact` {expected}")
def test_a_contact_may_be_a_phone_a_name_or_an_address_alone(held: Any, expected: Contact) -> None:
    assert content("CONTACT", contact=held) == Content(type=ContentType.CONTACT, contact=expected)


@pytest.mark.parametrize(
    "more",
    [
        {"phones": ["79990000002", {"wa_id": "79990000003"}], "emails": [{"email": "a@b.ru"}]},
        {"phone": "79990000002", "phoneNumber": "+79990000003", "mail": "a@b.ru"},
        {"vcard": VCARD.replace("END:", "TEL:+79990000003\nEMAIL;type=HOME:a@b.ru\nEND:")},
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "`CONTACT` with {more}", "`contact`, the second phone in its text")
def test_the_further_phones_and_mail_addresses_of_a_contact_stand_in_the_text(more: dict[str, Any]) -> None:
    found = content("CONTACT", contact={"name": "Пётр", **more}, text="Вот")
    assert (found.contact, found.text) == (CARD, "Вот\n+79990000003\na@b.ru")


@pytest.mark.row("client → operator", "edna Pulse", "`CONTACT`, several", "`contact`, the further ones in its text")
def test_further_contacts_stand_in_the_text() -> None:
    anna = {"name": "Анна", "phones": ["112", "79990000003"], "email": "a@b.ru"}
    found = content("CONTACT", contact=[{"name": "Пётр", "phone": "79990000002"}, anna])
    assert (found.contact, found.text) == (CARD, "Анна 112 +79990000003 a@b.ru")
    two = content("CONTACT", contact=f"{VCARD}\n{VCARD.replace('Пётр', 'Анна').replace('02', '03')}")
    assert (two.contact, two.text) == (CARD, "Анна +79990000003")
