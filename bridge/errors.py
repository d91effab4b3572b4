"""Every error of the project, drawn as one tree.

    BridgeError
      ConfigurationError    a variable is missing or wrong; ends a process with exit 78 and one line
      WebhookError          a webhook that cannot be accepted; carries the HTTP status of the answer
        NotJSON             400
        NotAuthentic        401
        TooLarge            413
        Unusable            422, names the field
      CannotCarry           an event that no vendor form can express; permanent
      KafkaUnavailable      the broker did not confirm in time; the outcome of the write is unknown
      LinkError             a link of the media relay that is not honoured; carries the HTTP status of the answer
        ForgedLink          403
        ExpiredLink         410
      SourceError           the file behind a link cannot be had; carries the HTTP status and a word for the metrics
      TransportError        a vendor could not be reached, or did not answer in time; the outcome is unknown
      VendorRefusal         a vendor answered a question with something else than an answer

Messages are written for people and hold no secret, phone or text of a message.
"""

from __future__ import annotations

EXIT_CONFIGURATION = 78  # EX_CONFIG of sysexits.h: a supervisor should not restart what cannot start
EXIT_STUCK = 70  # EX_SOFTWARE: a supervisor should restart


class BridgeError(Exception):
    """The root: whatever this project raises on purpose."""


class ConfigurationError(BridgeError):
    """A setting is missing or wrong. The message names the variable and the remedy, in one line."""


class WebhookError(BridgeError):
    """A webhook that is refused. `status` is the HTTP status, `str(error)` the `detail` of the JSON answer."""

    status = 400


class NotJSON(WebhookError):
    """The body is no JSON document, or one nested too deeply to be read."""


class NotAuthentic(WebhookError):
    """The proof of origin is missing or does not fit."""

    status = 401


class TooLarge(WebhookError):
    """The body is larger than MAX_WEBHOOK_BYTES."""

    status = 413


class Unusable(WebhookError):
    """JSON of a known shape that lacks what its shape needs. `field` is the path of what is missing or wrong."""

    status = 422

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


class CannotCarry(BridgeError):
    """No form of the vendor can express this event: it goes to the dead letters.

    The message says what is missing; `code` is the word under which an operator's sentence is found.
    """

    def __init__(self, reason: str, code: str = "cannot-carry") -> None:
        super().__init__(reason)
        self.code = code


class KafkaUnavailable(BridgeError):
    """Kafka did not confirm in time. The record may or may not be there; event ids make repeats harmless."""


class TransportError(BridgeError):
    """No complete answer from a vendor: refused, reset or timed out. The request may have been carried out."""


class LinkError(BridgeError):
    """A link of the media relay that is not honoured. `status`: the HTTP status; `reason`: a word for the metrics."""

    status = 403
    reason = "forged"


class ForgedLink(LinkError):
    """The signature does not fit the token and the file name."""


class ExpiredLink(LinkError):
    """Made here, too long ago."""

    status = 410
    reason = "expired"


class SourceError(BridgeError):
    """The relay cannot hand out the file behind a link. The message names no URL."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason


class VendorRefusal(BridgeError):
    """A vendor does not tell what was asked. The message has its answer's status and word."""
