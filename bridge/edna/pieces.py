"""An operator's message as the pieces that a channel can carry: one call of edna each. Pure.

What a channel cannot show goes as text that says it: a contact, a place, buttons, a file that is too large. A text
beside a file is its caption where the channel keeps captions, else a piece of its own behind the file. Too long a text
is split. The same message always makes the same pieces, so that a repeat meets its first (I4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from bridge.edna.channels import MAX, MAX_BOT
from bridge.edna.splitting import distinct
from bridge.edna.templates import number, values
from bridge.errors import CannotCarry
from bridge.events import Button, Content, ContentType, Location
from bridge.media_names import extension_of

PIECES_LIMIT = 9  # a request id has one digit for the number of its part
MIB = 1_048_576
BUTTON_LIMIT = 30  # characters of a button's text in MAX Bot (edna.md §2.3)
ACTION_LIMIT = 1024  # characters of the URL behind one, which begins with https there

# edna's words for what a piece is.
TEXT, IMAGE, VIDEO, AUDIO, VOICE, DOCUMENT, LOCATION, KEYBOARD = (
    "TEXT", "IMAGE", "VIDEO", "AUDIO", "VOICE", "DOCUMENT", "LOCATION", "KEYBOARD",
)  # fmt: skip
TEMPLATE = "TEMPLATE"  # ours: a template by its number
README = "README"  # ours: the README form, whatever the channel's type

KINDS: Mapping[ContentType, str] = {
    ContentType.PICTURE: IMAGE,
    ContentType.STICKER: IMAGE,
    ContentType.VIDEO: VIDEO,
    ContentType.AUDIO: AUDIO,
    ContentType.VOICE: VOICE,
    ContentType.FILE: DOCUMENT,
}


Buttons = tuple[tuple[Button, ...], ...]


class Piece(NamedTuple):
    """What one call carries. `text` beside a file is its caption; `values` fill the template of that number."""

    kind: str
    text: str = ""
    url: str = ""
    name: str = ""
    location: Location | None = None
    buttons: Buttons = ()
    template: int = 0
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a type of channel can carry (edna.md §2.1, §2.3, §2.4, §2.9).

    `kinds` maps edna's word for a file to the one that is sent instead, and to its largest size (bytes). `extensions`
    are those that a kind may have; others go as DOCUMENT.
    """

    text_limit: int
    kinds: Mapping[str, tuple[str, int]]
    extensions: Mapping[str, frozenset[str]]
    captions: bool
    places: bool
    keyboards: bool

    def show(self, buttons: Buttons) -> bool:
        """Whether a keyboard can have them as they are: a press brings a button's own text back (amojo.md §6.5)."""
        links = (each.url for row in buttons for each in row if each.url)
        return (
            self.keyboards
            and all(len(each.text) <= BUTTON_LIMIT for row in buttons for each in row)
            and all(url.lower().startswith("https://") and len(url) <= ACTION_LIMIT for url in links)
        )


_WHATSAPP_EXTENSIONS = {
    IMAGE: frozenset({"jpg", "jpeg", "png"}),
    VIDEO: frozenset({"mp4", "3gp", "3gpp"}),
    AUDIO: frozenset({"aac", "mp4", "m4a", "amr", "mp3", "mpeg", "mpga", "ogg", "oga", "opus"}),
}
_DOCUMENTS = (DOCUMENT, 100 * MIB)
_WHATSAPP = Abilities(
    text_limit=4096,
    kinds={
        IMAGE: (IMAGE, 5 * MIB),
        VIDEO: (VIDEO, 16 * MIB),
        AUDIO: (AUDIO, 16 * MIB),
        VOICE: (AUDIO, 16 * MIB),
        DOCUMENT: _DOCUMENTS,
    },
    extensions=_WHATSAPP_EXTENSIONS,
    captions=False,  # the text beside an attachment is ignored (edna.md §2.1)
    places=True,
    keyboards=False,
)
_ONE_KIND_EACH = {kind: (kind, 100 * MIB) for kind in (IMAGE, VIDEO, AUDIO, VOICE, DOCUMENT)}
ABILITIES: Mapping[str, Abilities] = {
    "WHATSAPP": _WHATSAPP,
    "VIBER": Abilities(
        1000, {**_ONE_KIND_EACH, VOICE: (AUDIO, 100 * MIB)}, {}, captions=False, places=False, keyboards=False
    ),
    "SMS": Abilities(1000, {}, {}, captions=False, places=False, keyboards=False),
    README: Abilities(4096, _ONE_KIND_EACH, {}, captions=True, places=False, keyboards=False),
    MAX_BOT: Abilities(4000, _ONE_KIND_EACH, {}, captions=True, places=True, keyboards=True),
    MAX: Abilities(
        4000,
        {**_ONE_KIND_EACH, AUDIO: _DOCUMENTS, VOICE: _DOCUMENTS},  # AUDIO and VOICE are refused there (edna.md §2.4)
        {},
        captions=True,
        places=False,
        keyboards=False,
    ),
}

Link = Callable[[Content], str | None]


def pieces(content: Content, channel_type: str, link: Link) -> list[Piece]:
    """The pieces of a message, in order. `link` tells the address under which edna can fetch the file, or None.

    Raises CannotCarry when there is nothing to send, more than PIECES_LIMIT, or a part of the message that nobody can
    send: the words beside it alone would look like the whole (I1).
    """
    if content.type is ContentType.UNSUPPORTED:
        raise CannotCarry(f"a message of type {content.kind or content.type} cannot be sent")
    able = ABILITIES.get(channel_type, _WHATSAPP)
    made = list(_made(content, able, link))
    if not made:
        raise CannotCarry(f"a message of type {content.type} without text or file cannot be sent")
    if len(made) > PIECES_LIMIT:
        raise CannotCarry(f"the text is too long: {len(made)} messages, and {PIECES_LIMIT} at most", "too-long")
    return made


def by_template(content: Content, link: Link) -> Piece | None:
    """The whole message as the template of edna's that it was made from; None when that cannot be told by number."""
    if content.template is None or content.choice is not None or content.type not in (ContentType.TEXT, *KINDS):
        return None
    found, filled = number(content.template), values(content.template, content.text or "")
    url = link(content) if content.type in KINDS else ""
    if found is None or filled is None or url is None:
        return None
    return Piece(TEMPLATE, content.text or "", url=url, name=_name(content), template=found, values=filled)


def _made(content: Content, able: Abilities, link: Link) -> Iterator[Piece]:
    said = (content.text or "").strip()
    buttons = content.buttons or ()
    shown = able.show(buttons) or (able is _WHATSAPP and content.template is not None)
    if buttons and (not shown or not said):
        said, buttons = _listed(said, buttons), ()
    if content.choice is not None:
        said = _choice_text(content, said)
    if content.type is ContentType.LOCATION and content.location is not None:
        if able.places:
            yield Piece(LOCATION, location=content.location)
        else:
            said = _joined(_place_text(content.location), said)
    elif content.type is ContentType.CONTACT and content.contact is not None:
        said = _joined(" ".join(filter(None, (content.contact.name, content.contact.phone))), said)
    elif content.type in KINDS:
        file, unsendable = _file(content, able, link)
        said = _joined(said, unsendable)
        if file is not None and able.captions and not buttons and len(said) <= able.text_limit:
            yield file._replace(text=said)
            said = ""
        elif file is not None:
            yield file
    if said and buttons:
        *before, last = distinct(said, able.text_limit)
        yield from (Piece(TEXT, text) for text in before)
        yield Piece(KEYBOARD if able.keyboards else TEXT, last, buttons=buttons)
    else:
        yield from (Piece(TEXT, text) for text in distinct(said, able.text_limit))


def _file(content: Content, able: Abilities, link: Link) -> tuple[Piece | None, str]:
    """The file as a piece, or the words that stand for it when the channel cannot carry it."""
    url = link(content)
    name = _name(content)
    if url is None and not name:
        raise CannotCarry("a file that has neither link nor name cannot be sent")
    if url is None:
        return None, name
    kind, largest = able.kinds.get(KINDS[content.type], ("", 0))
    suffix = extension_of(_last_segment(url)) or extension_of(name)
    allowed = able.extensions.get(kind)
    size = content.size or 0
    if kind and ((allowed is not None and suffix not in allowed) or size > largest):
        kind, largest = able.kinds.get(DOCUMENT, ("", 0))
    if not kind or size > largest:
        return None, _joined(name, url)
    return Piece(kind, url=url, name=name), ""


def _listed(said: str, buttons: Buttons) -> str:
    lines = [f"• {each.text}: {each.url}" if each.url else f"• {each.text}" for row in buttons for each in row]
    return _joined(said, "\n".join(lines))


def _choice_text(content: Content, said: str) -> str:
    choice = content.choice
    if choice is None:
        return said
    lines = [choice.header, choice.body if choice.body != said else None]
    for section in choice.sections:
        lines.append(section.title)
        lines += [f"• {row.title}" + (f": {row.description}" if row.description else "") for row in section.rows]
    lines.append(choice.footer)
    return _joined(said, "\n".join(line for line in lines if line))


def _place_text(place: Location) -> str:
    where = f"{place.latitude:.6f}, {place.longitude:.6f}"
    link = f"https://yandex.ru/maps/?pt={place.longitude:.6f},{place.latitude:.6f}&z=16"
    return "\n".join(filter(None, (place.address, where, link)))


def _joined(first: str, second: str) -> str:
    return "\n".join(filter(None, (first, second)))


def _name(content: Content) -> str:
    return content.name or _last_segment(content.url or "")


def _last_segment(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]
