"""What operators read, in Russian and English: why a message failed, what a client sent that cannot be shown.

One table a purpose. A reason that no table knows is shown as it is, in edna's own word: better than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["ru", "en"]

LIMIT = 200  # characters that are sure to be shown beside a failed message (amojo.md §4)


class Sentence(NamedTuple):
    """The same in both languages."""

    ru: str
    en: str

    def in_(self, language: Language) -> str:
        """The sentence in one of them."""
        return self.ru if language == "ru" else self.en


class Failure(NamedTuple):
    """Why a message failed: amojo's code for it (amojo.md §4) and what the operator reads."""

    code: int
    said: Sentence


GONE, SWITCHED_OFF, INTERNAL, NOBODY, OTHER = 901, 902, 903, 904, 905

WINDOW = Failure(
    OTHER,
    Sentence(
        "Сообщение вне 24-часового окна WhatsApp: нужен шаблон",
        "Outside WhatsApp's 24-hour window: a template is needed",
    ),
)
DUPLICATE = Failure(
    OTHER,
    Sentence(
        "Такой же текст уже отправлен этому клиенту меньше 20 минут назад: edna его отменила",
        "The same text was sent to this client less than 20 minutes ago: edna has cancelled it",
    ),
)
EXPIRED = Failure(OTHER, Sentence("Сообщение не доставлено вовремя", "The message was not delivered in time"))
UNDELIVERED = Failure(OTHER, Sentence("Сообщение не доставлено", "The message was not delivered"))
FAILED = Failure(
    OTHER,
    Sentence(
        "edna не смогла отправить сообщение и не говорит почему", "edna could not send the message and does not say why"
    ),
)
NO_BALANCE = Failure(
    OTHER, Sentence("Недостаточно средств на балансе edna", "The balance of the edna account is too low")
)
NO_WHATSAPP = Failure(
    NOBODY, Sentence("У клиента нет WhatsApp на этом номере", "The client has no WhatsApp on this number")
)
NO_VIBER = Failure(NOBODY, Sentence("У клиента нет Viber на этом номере", "The client has no Viber on this number"))
BLOCKED = Failure(NOBODY, Sentence("Клиент заблокировал канал", "The client has blocked the channel"))
BAD_ADDRESS = Failure(
    NOBODY, Sentence("Неверный номер или адрес клиента", "The client's number or address is not a valid one")
)
CHANNEL_OFF = Failure(SWITCHED_OFF, Sentence("Канал отключён в edna", "The channel is switched off in edna"))
EDNA_BROKEN = Failure(INTERNAL, Sentence("Внутренняя ошибка edna", "An internal error of edna"))
SENT_BEFORE = Failure(
    OTHER,
    Sentence(
        "edna уже получала это сообщение и больше его не примет", "edna has had this message and takes it no more"
    ),
)
NO_FILE = Failure(
    OTHER, Sentence("edna не смогла получить файл по ссылке", "edna could not fetch the file under its link")
)
FORM = Failure(
    OTHER,
    Sentence("edna не принимает сообщение в таком виде", "edna does not take a message of this form"),
)
NO_CASCADE = Failure(
    SWITCHED_OFF,
    Sentence("Каскад не найден или отключён в edna", "The cascade is not there or switched off in edna"),
)
TOO_OLD = Failure(
    OTHER,
    Sentence(
        "Сообщение не отправлено вовремя и устарело",
        "The message was not sent in time and is out of date",
    ),
)
BUDGET = Failure(
    OTHER,
    Sentence(
        "edna не приняла сообщение после многих попыток: отправьте его ещё раз",
        "edna did not take the message after many attempts: send it again",
    ),
)
CANNOT_CARRY = Failure(
    OTHER,
    Sentence(
        "Такое сообщение нельзя отправить клиенту этого канала",
        "A message of this kind cannot be sent to a client of this channel",
    ),
)
NO_ADDRESS = Failure(
    NOBODY,
    Sentence(
        "Неизвестно, кому отправить: в чате нет адреса клиента",
        "Nobody to send to: the chat has no address of the client",
    ),
)
NO_CHANNEL = Failure(
    SWITCHED_OFF,
    Sentence(
        "Неизвестно, через какой канал edna писать клиенту: его нет у источника чата и в настройках",
        "No channel of edna to write through: neither the chat's source nor the settings name one",
    ),
)
TOO_LARGE = Failure(
    OTHER, Sentence("Файл больше, чем принимает этот канал", "The file is larger than this channel takes")
)
TOO_LONG = Failure(
    OTHER,
    Sentence(
        "Сообщение слишком длинное: разделите его на несколько", "The message is too long: send it as several messages"
    ),
)
REFUSED = Failure(OTHER, Sentence("edna отклонила сообщение", "edna has refused the message"))
UNKNOWN = Failure(OTHER, Sentence("Сообщение не отправлено", "The message was not sent"))

# edna's words of statuses and errors (edna.md §2.6, §5, §7, §8), and this bridge's own; in lower case, and without the
# `error-` with which only some of edna's parts begin them.
FAILURES: Mapping[str, Failure] = {
    "no-match-template": WINDOW,
    "not-template-match": WINDOW,
    "matched-template-not-found": WINDOW,
    "content-do-not-match-hsm-template": WINDOW,
    "cancelled": DUPLICATE,
    "canceled": DUPLICATE,
    "expired": EXPIRED,
    "undelivered": UNDELIVERED,
    "failed": FAILED,
    "invalid": FORM,
    "insufficient-balance": NO_BALANCE,
    "insufficient funds": NO_BALANCE,
    "insufficient-funds": NO_BALANCE,
    "not-whatsapp-user": NO_WHATSAPP,
    "not-viber-user": NO_VIBER,
    "user-blocked": BLOCKED,
    "address-format": BAD_ADDRESS,
    "address-not-specified": NO_ADDRESS,
    "subject-unknown": CHANNEL_OFF,
    "subject-format": CHANNEL_OFF,
    "subject-id-format": CHANNEL_OFF,
    "default.subject.not_found": CHANNEL_OFF,
    "system-blocked": CHANNEL_OFF,
    "unauthorized": CHANNEL_OFF,
    "cascade-not-found": NO_CASCADE,
    "request-doesn't-contain-content-for-all-cascade-stages": FORM,
    "cascade-scheduling-request-is-not-valid": FORM,
    "cascade-scheduling-request-not-valid": FORM,
    "default.request.input_invalid": FORM,
    "system": EDNA_BROKEN,
    "requestid-is-not-unique": SENT_BEFORE,
    "id-not-unique": SENT_BEFORE,
    "attachment-url-not-specified": NO_FILE,
    "content-format": FORM,
    "content-not-specified": FORM,
    "content-type-format": FORM,
    "content-type-not-specified": FORM,
    "contenttype-not-specified": FORM,
    "text-not-specified": FORM,
    "caption-not-specified": FORM,
    "action-not-specified": FORM,
    "attachmentname-not-specified": FORM,
    "attachmentname-is-too-long": FORM,
    "latitude-not-specified": FORM,
    "longitude-not-specified": FORM,
    "longtitude-not-specified": FORM,  # edna's spelling
    "too-old": TOO_OLD,
    "budget": BUDGET,
    "cannot-carry": CANNOT_CARRY,
    "poison": CANNOT_CARRY,
    "no-address": NO_ADDRESS,
    "no-channel": NO_CHANNEL,
    "too-large": TOO_LARGE,
    "too-long": TOO_LONG,
    "permanent": REFUSED,
}
PREFIX = "error-"


def failure(reason: str) -> Failure:
    """What is known of a reason; UNKNOWN when nothing is."""
    word = reason.strip().lower()
    return FAILURES.get(word) or FAILURES.get(word.removeprefix(PREFIX)) or UNKNOWN


def why(reason: str, language: Language) -> str:
    """The sentence beside a failed message, at most LIMIT characters; an unknown reason stands in it as it is."""
    found = failure(reason)
    said = found.said.in_(language)
    return (f"{said}: {reason.strip()}" if found is UNKNOWN and reason.strip() else said)[:LIMIT]
