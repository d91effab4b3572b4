"""Why a message failed, as operators read it: a code of amojo's and a sentence for each reason that edna gives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.amojo.kinds import FILE_WORDS, HEADINGS, WORDS, headed, unshown
from bridge.amojo.requests import delivery_status
from bridge.amojo.sentences import FAILURES, LIMIT, Language, Sentence
from bridge.edna.statuses import STATUSES
from bridge.events import Content, ContentType, MessageStatus, StatusUpdate
from sandbox.amojo.shapes import wrong_status

# edna.md §5 and §7, §2.6: what edna is known to give as the error of a message.
KNOWN = (
    "error-system error-subject-format error-subject-unknown error-subject-id-format error-address-format "
    "error-address-not-specified error-content-type-format error-content-type-not-specified error-content-format "
    "error-attachment-url-not-specified error-latitude-not-specified error-longtitude-not-specified "
    "error-insufficient-balance error-id-not-unique error-content-do-not-match-hsm-template not-template-match "
    "error-not-template-match not-whatsapp-user not-viber-user user-blocked error-system-blocked error-unauthorized "
    "requestId-is-not-unique matched-template-not-found cascade-not-found text-not-specified content-not-specified "
    "contentType-not-specified caption-not-specified action-not-specified attachmentName-not-specified "
    "attachmentName-is-too-long latitude-not-specified longitude-not-specified insufficient-funds "
    "request-doesn't-contain-content-for-all-cascade-stages cascade-scheduling-request-is-not-valid "
    "cascade-scheduling-request-not-valid default.subject.not_found default.request.input_invalid "
    "too-old budget cannot-carry no-address no-channel too-large too-long permanent poison"
)


def failed(reason: str | None, language: Language = "ru") -> dict[str, Any]:
    event = StatusUpdate(
        event_id="s", channel="345", address="", conversation_id="", accepted_at=1, message_id="x-1", request_id="x-1",
        status=MessageStatus.FAILED, reason=reason,
    )  # fmt: skip
    body: dict[str, Any] = json.loads(delivery_status(event, language=language) or b"")
    assert wrong_status(body, "x-1") is None
    return body


@pytest.mark.parametrize(
    ("reason", "code", "said"),
    [
        ("no-match-template", 905, "Сообщение вне 24-часового окна WhatsApp: нужен шаблон"),
        ("error-not-template-match", 905, "Сообщение вне 24-часового окна WhatsApp: нужен шаблон"),
        ("cancelled", 905, "Такой же текст уже отправлен этому клиенту меньше 20 минут назад: edna его отменила"),
        ("not-whatsapp-user", 904, "У клиента нет WhatsApp на этом номере"),
        ("user-blocked", 904, "Клиент заблокировал канал"),
        ("error-subject-unknown", 902, "Канал отключён в edna"),
        ("subject-unknown", 902, "Канал отключён в edna"),
        ("ERROR-SYSTEM", 903, "Внутренняя ошибка edna"),
        ("error-insufficient-balance", 905, "Недостаточно средств на балансе edna"),
        ("too-old", 905, "Сообщение не отправлено вовремя и устарело"),
        ("budget", 905, "edna не приняла сообщение после многих попыток: отправьте его ещё раз"),
        ("failed", 905, "edna не смогла отправить сообщение и не говорит почему"),
        ("no-address", 904, "Неизвестно, кому отправить: в чате нет адреса клиента"),
        ("error-of-tomorrow", 905, "Сообщение не отправлено: error-of-tomorrow"),
        ("", 905, "Сообщение не отправлено"),
        (None, 905, "Сообщение не отправлено"),
    ],
)
@pytest.mark.row("status", "amojo `delivery_status`", "failed, reason {reason}", "`-1`, `error_code` {code}, {said}")
def test_a_reason_is_a_code_and_a_sentence(reason: str | None, code: int, said: str) -> None:
    assert failed(reason) == {"status_code": -1, "error_code": code, "error": said}


@pytest.mark.parametrize(
    "reason",
    [*KNOWN.split(), "insufficient funds", *(said for said, to in STATUSES.items() if to is MessageStatus.FAILED)],
)
@pytest.mark.row(
    "status",
    "amojo `delivery_status`",
    "failed, reason {reason}",
    "`-1` and a sentence of its own, in Russian and in English",
)
def test_every_reason_that_is_known_has_a_sentence_of_its_own(reason: str) -> None:
    assert not failed(reason)["error"].startswith("Сообщение не отправлено: " + reason)
    assert failed(reason)["error"] != failed(reason, "en")["error"]


def test_an_unknown_reason_is_cut_to_what_is_sure_to_be_shown() -> None:
    assert len(failed("x" * 1000)["error"]) == LIMIT


def test_sentences_fit_and_stand_in_both_languages() -> None:
    said = [each.said for each in FAILURES.values()]
    words = [*WORDS.values(), *HEADINGS.values(), *FILE_WORDS.values()]
    assert all(0 < len(each) <= LIMIT for pair in (*said, *words) for each in pair)
    assert all(_is_russian(pair.ru) and pair.en.isascii() for pair in (*said, *words))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        *((kind, "файл, которого нет в сообщении edna") for kind in
          ("image", "video", "audio", "voice", "document", "sticker", "attachment")),
        ("text", "пустое сообщение"), ("location", "место без координат"), ("contact", "контакт без имени и номера"),
        ("list", "выбор из списка"), ("flow", "ответы формы"), ("order", "заказ"), ("product", "товар"),
        ("catalog", "каталог"), ("story", "ответ на историю"), ("poll", "опрос"),
        ("call_permission_reply", "ответ на просьбу о звонке"), ("hologram", "hologram"),
    ],
)  # fmt: skip
@pytest.mark.row(
    "client → operator", "amojo `new_message`", "`unsupported`, kind {kind}", "`text` that names it: {said}"
)
def test_what_cannot_be_shown_is_named_in_words(kind: str, said: str) -> None:
    assert unshown(Content(type=ContentType.UNSUPPORTED, kind=kind), "ru").endswith(f": {said}")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("flow", "Ответы формы:\nx"), ("order", "Заказ:\nx"), ("product", "Товар:\nx"), ("catalog", "Каталог:\nx"),
     ("story", "Ответ на историю:\nx"), ("reaction", "Реакция: x"), ("list", "x"), (None, "x"),
     ("call_permission", "Ответ на просьбу о звонке:\nx")],
)  # fmt: skip
@pytest.mark.row("client → operator", "amojo `new_message`", "`text` `x`, kind {kind}", "`text` {said}")
def test_what_would_puzzle_alone_has_a_heading(kind: str | None, said: str) -> None:
    assert headed(Content(type=ContentType.TEXT, text="x", kind=kind), "ru") == said


def _is_russian(said: str) -> bool:
    return any("а" <= letter <= "я" for letter in said.lower())


def test_a_sentence_is_given_in_the_language_that_is_asked_for() -> None:
    assert (Sentence("да", "yes").in_("ru"), Sentence("да", "yes").in_("en")) == ("да", "yes")


@pytest.mark.parametrize(("status", "code"), [(MessageStatus.DELIVERED, 1), (MessageStatus.READ, 2)])
@pytest.mark.row("status", "amojo `delivery_status`", "{status}", "`status_code` {code}")
def test_progress_is_told_without_an_error(status: MessageStatus, code: int) -> None:
    event = StatusUpdate(
        event_id="s", channel="", address="", conversation_id="", accepted_at=1, request_id="x-1", status=status
    )
    assert json.loads(delivery_status(event) or b"") == {"status_code": code}
