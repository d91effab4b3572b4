"""From an operator's message to the calls of edna that send it, each under an id of its own. Pure.

The id is a function of amojo's id, the part and the replay, so that a repeat is refused at edna as such (I4). Forms
that take no id of ours (README form, MAX) are marked: a repeat after an unknown outcome is looked up before it is sent.
"""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple
from urllib.parse import urlsplit

from bridge.compact import encoded
from bridge.edna.channels import MAX_BOT, Route
from bridge.edna.forms import FORMS, SERVED_PATHS, TEMPLATE_PATH
from bridge.edna.pieces import README, TEMPLATE, Link, Piece, by_template, pieces
from bridge.errors import CannotCarry, ConfigurationError
from bridge.events import OutboundMessage
from bridge.ids import request_id
from bridge.settings import CASCADE_PATH, README_PATH, Settings

EDNA_DOMAINS = ("edna.ru", "edna.io", "edna.by", "edna.kz")  # edna.md §1; hosts below them are edna itself


class SendRequest(NamedTuple):
    """One call of edna. `request_id` is the id of ours in it, None where the method takes none.

    `part` counts from 1, `replay` the ids that were refused before; `piece` is what it says.
    """

    path: str
    body: bytes
    request_id: str | None
    piece: Piece
    part: int = 1
    replay: int = 0


def send_requests(event: OutboundMessage, route: Route, link: Link = attrgetter("url")) -> list[SendRequest]:
    """The calls that send a message, in order. Raises CannotCarry when no form can express it.

    `link` tells under which address edna can fetch the message's file, or None.
    """
    if not event.address:
        raise CannotCarry("no client address: the conversation id is not one of this bridge", "no-address")
    if event.write_first and route.type == MAX_BOT:
        raise CannotCarry("nobody can be written to first through MAX Bot: it knows no phones", "no-address")
    made = _pieces(event, route, link)
    return [_request(event, route, piece, part, event.replay) for part, piece in enumerate(made, 1)]


def renewed(event: OutboundMessage, route: Route, request: SendRequest) -> SendRequest:
    """The same call under the next `r` of its id."""
    return _request(event, route, request.piece, request.part, request.replay + 1)


def rerouted(event: OutboundMessage, route: Route, request: SendRequest) -> SendRequest:
    """The same call under the same id on the way that has become known since it was made."""
    return _request(event, route, request.piece, request.part, request.replay)


def check_path(settings: Settings) -> None:
    """Raises ConfigurationError for an EDNA_SEND_PATH that no form here serves."""
    if settings.edna_send_path not in SERVED_PATHS:
        raise ConfigurationError(
            f"EDNA_SEND_PATH={settings.edna_send_path} is not served: use one of {', '.join(SERVED_PATHS)}"
        )


def send_path_trouble(settings: Settings) -> str | None:
    """A line for whoever starts it with EDNA_SEND_PATH at its default against real edna, which has no such method."""
    host = urlsplit(settings.edna_base_url).hostname or ""
    real = any(host == domain or host.endswith(f".{domain}") for domain in EDNA_DOMAINS)
    if settings.edna_send_path != README_PATH or not real:
        return None
    return (
        f"EDNA_SEND_PATH={README_PATH} does not exist at {host}: no message will reach a client. "
        f"Set EDNA_SEND_PATH={CASCADE_PATH}"
    )


def _pieces(event: OutboundMessage, route: Route, link: Link) -> list[Piece]:
    content = event.content
    if route.path != CASCADE_PATH and content.template is not None:
        content = content.model_copy(update={"template": None})  # only a cascade knows templates and their buttons
    if route.path == README_PATH:
        return pieces(content, README, link)
    # A template goes by its number only where the channel's name is known: the method asks for it.
    by_number = by_template(content, link) if route.type == "WHATSAPP" and route.sender else None
    return pieces(content, route.type, link) if by_number is None else [by_number]


def _request(event: OutboundMessage, route: Route, piece: Piece, part: int, replay: int) -> SendRequest:
    path = TEMPLATE_PATH if piece.kind == TEMPLATE else route.path
    form, own_ids = FORMS[path]
    own_id = request_id(event.message_id, part, replay)
    body = encoded(form(piece, event, route, own_id))
    return SendRequest(path, body, own_id if own_ids else None, piece, part, replay)
