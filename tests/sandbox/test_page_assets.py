"""The page's files: readable in both schemes, whole in both languages, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox import page
from sandbox.page import agents

STATIC = Path(page.__file__).parent / "static"


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


GROUNDS = {
    "ink": ("ground", "surface", "sunken", "bubble", "own", "own-viber", "own-operator", "accent-soft"),
    "muted": ("ground", "surface", "sunken", "accent-soft"),
    "foot": ("bubble", "own", "own-viber", "own-operator"),
    "accent": ("surface", "accent-soft", "sunken"),
    "accent-ink": ("accent",),
    "ok": ("surface", "ok-soft", "ground", "accent-soft"),
    "warn": ("surface", "warn-soft", "ground"),
    "bad": ("surface", "bad-soft", "own-operator", "own"),
    "read": ("own-operator", "surface"),
    "head-ink": ("head-whatsapp", "head-viber"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_ink_can_be_read_on_its_ground(scheme: str) -> None:
    sheet = (STATIC / "tokens.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in sheet.split("@media", 2)[:2])
    colours = light if scheme == "light" else {**light, **dark}
    for ink, grounds in GROUNDS.items():
        for ground in grounds:
            pair = sorted((luminance(colours[ink]), luminance(colours[ground])))
            contrast = (pair[1] + 0.05) / (pair[0] + 0.05)
            assert contrast >= 4.5, f"{ink} on {ground}: {contrast:.2f}"


def test_both_languages_have_the_same_words() -> None:
    words = (STATIC / "words.js").read_text()
    russian, english = words.split("\n  en: {")
    keys = [re.findall(r'(?:^|[{,] ?|\s)"?([a-z_0-9-]+)"?: "', part) for part in (russian, english)]
    assert len(keys[0]) > 100
    assert sorted(keys[0]) == sorted(keys[1])


def test_each_figure_of_a_card_has_a_source_and_words_and_nothing_else_has() -> None:
    (shown,) = re.findall(r"const FIGURES = \[(.*)\]", (STATIC / "flow.js").read_text())
    figures = set(re.findall(r'"(\w+)"', shown))
    assert set(re.findall(r"figure_(\w+):", (STATIC / "words.js").read_text())) == figures
    assert {*agents.FIGURES, "retries"} == figures | set(agents.RETRIES)


SAID = re.compile(r'say\("([a-z_]+)"|data-(?:word|label)="([a-z_]+)"|^  (card_[a-z]+):', re.MULTILINE)


def test_every_word_that_is_said_is_there() -> None:
    words = (STATIC / "words.js").read_text()
    for file in STATIC.iterdir():
        for word in filter(None, (found for groups in SAID.findall(file.read_text()) for found in groups)):
            assert f'{word}: "' in words, f"{file.name}: {word}"


def test_nothing_that_is_written_becomes_html_and_nothing_comes_from_elsewhere() -> None:
    for file in STATIC.iterdir():
        text = file.read_text()
        assert "innerHTML" not in text, file.name
        assert "insertAdjacentHTML" not in text, file.name
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), file.name
