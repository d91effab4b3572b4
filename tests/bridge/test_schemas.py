"""The events are a public contract: their schemas may grow, and nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ops.schemas import EVENTS, FOLDER, rendered

Schema = dict[str, Any]


def broken(before: Schema, after: Schema, path: str = "") -> list[str]:
    """What a reader of `before` would stumble over in `after`."""
    found = [
        f"{path}: {key} changed"
        for key in ("type", "$ref", "const", "format")
        if key in before and before[key] != after.get(key)
    ]
    found += [f"{path}: {value} is gone" for value in before.get("enum", ()) if value not in after.get("enum", ())]
    for section in ("properties", "$defs"):
        for name, was in before.get(section, {}).items():
            now = after.get(section, {}).get(name)
            place = f"{path}/{name}"
            found += [f"{place} is gone"] if now is None else broken(was, now, place)
    found += [
        f"{path}/{name} may be absent now"
        for name in before.get("required", ())
        if name not in after.get("required", ())
    ]
    found += [
        f"{path}/{name} is needed now, and records from before lack it"
        for name in after.get("required", ())
        if name not in before.get("required", ())
    ]
    for was, now in zip(before.get("anyOf", ()), after.get("anyOf", ()), strict=False):
        found += broken(was, now, f"{path}|")
    if len(before.get("anyOf", ())) > len(after.get("anyOf", ())):
        found.append(f"{path}: a form is gone")
    if "items" in before:
        found += broken(before["items"], after.get("items", {}), f"{path}[]")
    return found


@pytest.mark.parametrize("name", EVENTS)
def test_todays_schema_only_adds_to_the_committed_one(name: str) -> None:
    committed = json.loads((FOLDER / f"{name}.json").read_text())
    assert broken(committed, json.loads(rendered(EVENTS[name]))) == []


@pytest.mark.parametrize("name", EVENTS)
def test_the_committed_schema_is_todays(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == rendered(EVENTS[name]), "run `make schemas`"


def test_the_check_finds_what_breaks_readers() -> None:
    committed = json.loads((FOLDER / "inbound-message.json").read_text())

    def after(change: Any) -> list[str]:
        changed = copy.deepcopy(committed)
        change(changed)
        return broken(committed, changed)

    assert after(lambda one: one["properties"].pop("event_id"))
    assert after(lambda one: one["properties"]["accepted_at"].update(type="string"))
    assert after(lambda one: one["required"].remove("channel"))
    assert after(lambda one: one["required"].append("reply_to"))
    assert after(lambda one: one["$defs"]["ContentType"]["enum"].remove("text"))
    assert after(lambda one: one["properties"]["reply_to"]["anyOf"].pop())
    assert after(lambda one: one["$defs"]["Person"]["properties"].pop("phone"))


def test_the_check_lets_events_grow() -> None:
    committed = json.loads((FOLDER / "inbound-message.json").read_text())
    grown = copy.deepcopy(committed)
    grown["properties"]["more"] = {"type": "string"}
    grown["$defs"]["ContentType"]["enum"].append("reaction")
    assert broken(committed, grown) == []
