"""What a client sent, in words: for what no chat can show, and as a heading over lines that need one."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.amojo.sentences import Language, Sentence
from bridge.events import Content, ContentType

UNSHOWN = Sentence(
    "Клиент отправил то, что здесь показать нельзя: {what}", "The client sent what cannot be shown here: {what}"
)
UNFETCHED = Sentence(
    "Клиент отправил файл, который отсюда не получить: {what}",
    "The client sent a file that cannot be fetched from here: {what}",
)
A_FILE = Sentence("файл, которого нет в сообщении edna", "a file that edna's message does not hold")
SOMETHING = Sentence("сообщение неизвестного вида", "a message of an unknown kind")

# edna's word for a type, in lower case → what it is. A word that is not here is shown as it is.
WORDS: Mapping[str, Sentence] = {
    "text": Sentence("пустое сообщение", "an empty message"),
    "image": A_FILE,
    "video": A_FILE,
    "audio": A_FILE,
    "voice": A_FILE,
    "document": A_FILE,
    "sticker": A_FILE,
    "attachment": A_FILE,
    "location": Sentence("место без координат", "a place without coordinates"),
    "contact": Sentence("контакт без имени и номера", "a contact without name and number"),
    "list": Sentence("выбор из списка", "a choice from a list"),
    "flow": Sentence("ответы формы", "answers of a form"),
    "order": Sentence("заказ", "an order"),
    "product": Sentence("товар", "a product"),
    "catalog": Sentence("каталог", "a catalogue"),
    "story": Sentence("ответ на историю", "an answer to a story"),
    "call_permission_reply": Sentence("ответ на просьбу о звонке", "an answer to a request for a call"),
    "poll": Sentence("опрос", "a poll"),
}
# What stands over a text that would puzzle without it.
HEADINGS: Mapping[str, Sentence] = {
    "flow": Sentence("Ответы формы:", "Answers of a form:"),
    "order": Sentence("Заказ:", "Order:"),
    "product": Sentence("Товар:", "Product:"),
    "catalog": Sentence("Каталог:", "Catalogue:"),
    "story": Sentence("Ответ на историю:", "Answer to a story:"),
    "reaction": Sentence("Реакция:", "Reaction:"),
    "call_permission": Sentence("Ответ на просьбу о звонке:", "Answer to a request for a call:"),
}
FILE_WORDS: Mapping[ContentType, Sentence] = {
    ContentType.PICTURE: Sentence("изображение", "a picture"),
    ContentType.VIDEO: Sentence("видео", "a video"),
    ContentType.AUDIO: Sentence("аудио", "an audio file"),
    ContentType.VOICE: Sentence("голосовое сообщение", "a voice message"),
    ContentType.STICKER: Sentence("стикер", "a sticker"),
    ContentType.FILE: Sentence("файл", "a file"),
}
SAID_ON_ITS_LINE = frozenset({"reaction"})


def headed(content: Content, language: Language) -> str:
    """The text of a message under its heading, if it needs one."""
    said = content.text or ""
    heading = HEADINGS.get(content.kind or "")
    if heading is None or not said:
        return said
    return f"{heading.in_(language)}{' ' if content.kind in SAID_ON_ITS_LINE else chr(10)}{said}"


def unshown(content: Content, language: Language) -> str:
    """The sentence for what no chat can show, and the words that stood beside it."""
    known = WORDS.get(content.kind or "")
    what = known.in_(language) if known else content.kind or SOMETHING.in_(language)
    return _with_words(UNSHOWN.in_(language).format(what=what), content.text)


def unfetched(content: Content, language: Language) -> str:
    """The sentence for a file that amojo cannot fetch: its link, if there is one, as the last resort."""
    what = FILE_WORDS.get(content.type, FILE_WORDS[ContentType.FILE]).in_(language)
    named = f"{what} «{content.name}»" if content.name else what
    if content.url:
        return _with_words(f"{named[:1].upper()}{named[1:]}: {content.url}", content.text)
    return _with_words(UNFETCHED.in_(language).format(what=named), content.text)


def _with_words(sentence: str, words: str | None) -> str:
    return f"{sentence}\n{words}" if words and words.strip() else sentence
