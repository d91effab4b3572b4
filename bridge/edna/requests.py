"""From an operator's message to the calls of edna that send it, each under an id of its own. Pure.

The id is a function of amojo's id, the part and the replay, so that a repeat is refused at edna as such (I4). Forms
that take no id of ours (README form, MAX) are marked: a repeat after an unknown outcome is looked up before it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import urlsplit

from bridge.compact import encoded
from bridge.edna.channels import Route
from bridge.edna.forms import FORMS, SERVED_PATHS
from bridge.edna.pieces import Link, Piece, pieces
from bridge.errors import CannotCarry, ConfigurationError
from bridge.events import OutboundMessage
from bridge.ids import request_id
from bridge.settings import CASCADE_PATH, README_PATH, Settings

EDNA_DOMAINS = ("edna.ru", "edna.io", "edna.by", "edna.kz")  # edna.md §1; hosts below them are edna itself
LAST_REPLAY = 9  # a request id has room for one digit


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
    made = pieces(event.content, route.type, link)
    return [_request(event, route, piece, part, event.replay) for part, piece in enumerate(made, 1)]


def renewed(event: OutboundMessage, route: Route, request: SendRequest) -> SendRequest:
    """The same call under the next `r` of its id. Raises CannotCarry when edna has refused every id of the message."""
    if request.replay >= LAST_REPLAY:
        raise CannotCarry("edna has refused every id of this message")
    return _request(event, route, request.piece, request.part, request.replay + 1)


def ids_of(event: OutboundMessage, parts: Sequence[SendRequest]) -> list[str]:
    """Under which ids edna will report on a message, as far as they are ours."""
    return [part.request_id or request_id(event.message_id, part.part, part.replay) for part in parts]


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


def _request(event: OutboundMessage, route: Route, piece: Piece, part: int, replay: int) -> SendRequest:
    form, own_ids = FORMS[route.path]
    own_id = request_id(event.message_id, part, replay)
    return SendRequest(
        route.path, encoded(form(piece, event, route, own_id)), own_id if own_ids else None, piece, part, replay
    )
