// What people read, in both languages. `say(key, ...values)` puts values in the place of {0}, {1}, …

const WORDS = {
  ru: {
    subtitle: "Песочница: сообщение идёт через шлюз, Kafka и агентов по-настоящему",
    links: "Состояние частей", language: "Язык", keys: "Клавиши", tabs: "Что показать",
    clients: "Клиенты", new_client: "Новый клиент",
    tab_client: "Клиент", tab_operator: "Оператор", tab_events: "События",
    phone_title: "Телефон клиента", phone_company: "Ваша компания", phone_from: "{0} · пишет {1}",
    card_title: "Карточка в amoCRM", card_contact: "Контакт", card_phone: "Телефон", card_channel: "Канал",
    card_conversation: "Разговор", card_chat: "Чат amoCRM", card_unknown: "узнаем с первым ответом",
    client_empty: "Сообщений пока нет", client_empty_do: "Напишите что-нибудь внизу: это увидит оператор.",
    operator_empty: "Переписки пока нет", operator_empty_do: "Дождитесь клиента или напишите ему первым.",
    client_write: "Сообщение от клиента…", operator_write: "Ответ оператора…", send: "Отправить",
    attach: "Прикрепить", attach_file: "Файл…", attach_voice: "Голосовое (образец)", attach_place: "Место (образец)",
    attach_buttons: "Кнопки «Да» и «Нет»", buttons_ask: "Вам удобно?", reply: "Ответить",
    kind_image: "Картинка", kind_video: "Видео", kind_audio: "Голосовое или звук", kind_file: "Файл", kind_place: "Место",
    kind_contact: "Контакт",
    from_operator: "Оператор", you: "Вы",
    tick_sending: "В пути", tick_sent: "Отправлено", tick_delivered: "Доставлено", tick_read: "Прочитано",
    tick_failed: "Не доставлено", tick_client_sent: "edna приняла", tick_client_delivered: "Дошло до amoCRM",
    again: "Повторить", waits: "{0} отвечает {1} · попыток: {2}", no_answer: "без ответа",
    hook_refused: "Шлюз не принял вебхук: {0}. amoCRM не повторяет",
    hook_waits: "Шлюз ответил {0}; edna повторит",
    error_409: "Аккаунт ещё не подключён к каналу: это делает агент «клиент → оператор» при запуске",
    error_away: "Имитация {0} не отвечает", error_page: "Страница не отвечает", error_other: "Не отправлено: {0}",
    unread: "непрочитанных: {0}", nothing_yet: "нет сообщений",
    flow: "Как идёт доставка", flow_hint: "Включите неполадку и посмотрите, что сделает система",
    direction_inbound: "Клиент → оператор", direction_outbound: "Оператор → клиент", direction_status: "Статусы",
    path_inbound: "edna → amoCRM", path_outbound: "amoCRM → edna", path_status: "edna → amoCRM",
    state_ok: "в порядке", state_busy: "доставляет", state_retrying: "повторяет", state_down: "агент не отвечает",
    figure_lanes: "разговоров", figure_held: "на руках", figure_in_flight: "вызовов",
    figure_retries: "повторов", figure_delivered: "доставлено", figure_repeated: "дублей",
    figure_dead_letters: "не доставить", figure_lag: "отставание",
    retries_of: "временных {0} · лимит {1} · отказов {2}", processes: "процессов: {0}", chart: "На руках за минуту",
    down_do: "Последние известные числа. Сообщения ждут в Kafka и не теряются.",
    vendor_edna: "edna", vendor_amojo: "amoCRM", vendor_title: "Неполадки {0}",
    vendor_ok: "отвечает", vendor_away: "не отвечает", other_faults: "и другие правила: {0}",
    switch_slow: "Медленно, 3 с", switch_503: "503 на всё", switch_lost: "Ответ теряется",
    events: "События в Kafka", filter: "Топики", pause: "Пауза", resume: "Продолжить", resume_new: "Продолжить, новых: {0}",
    column_time: "время", column_topic: "топик", column_place: "партиция:смещение", column_key: "ключ",
    column_what: "что это", column_took: "за сколько",
    events_empty: "Событий ещё не было: напишите сообщение, и оно появится здесь.",
    events_hidden: "Все топики скрыты: включите хотя бы один.",
    events_away: "Kafka не отвечает: новых событий не видно, чтение продолжится само.",
    took_waits: "ждёт {0} с", took_ms: "{0} мс", took_s: "{0} с", took_skipped: "не нужно", took_dead: "не доставить",
    took_way: "в пути",
    what_inbound: "Клиент {0}: «{1}»", what_outbound: "Оператор: «{0}»", what_status: "Статус: {0}",
    what_receipt: "Квитанция: {0}", attempts: "попыток: {0}", what_dlq: "Недоставленное: {0}",
    what_quarantine: "Отложено: {0}", what_links: "Связь номеров сообщений", what_unknown: "Запись",
    status_enqueued: "в очереди", status_sent: "отправлено", status_delivered: "доставлено", status_read: "прочитано",
    status_failed: "не доставлено", status_unknown: "неизвестен",
    outcome_delivered: "доставлено", outcome_skipped: "пропущено", "outcome_dead-lettered": "в недоставленные",
    outcome_refused: "отказ", outcome_part: "часть доставлена",
    record: "Запись в Kafka", record_key: "Ключ", record_headers: "Заголовки", record_value: "Значение", close: "Закрыть",
    link_gateway: "Шлюз", link_kafka: "Kafka", link_edna: "edna", link_amojo: "amoCRM", link_agents: "Агенты",
    ok: "работает", away: "не отвечает", unready: "не готов", unknown: "проверяем", missing: "нет топиков",
    trouble_page: "Связь со страницей потеряна. Соединяемся снова…",
    trouble_gateway: "Шлюз не отвечает: вебхуки сейчас некому принять. edna повторит свои, amoCRM — нет.",
    trouble_unready: "Шлюз не может сохранить вебхук: ни Kafka, ни диск не принимают.",
    trouble_kafka: "Kafka не отвечает: сообщения не идут, пока она не вернётся.",
    trouble_missing: "В Kafka нет топиков: {0}. Создать: edna-amocrm topics create",
    trouble_edna: "Имитация edna не отвечает: клиент не может писать, ответы ему ждут в Kafka.",
    trouble_amojo: "Имитация amoCRM не отвечает: оператор не может писать, сообщения ему ждут в Kafka.",
    keys_close: "Закрыть окно", keys_next: "Следующий клиент", keys_previous: "Предыдущий клиент",
    keys_send: "Отправить", keys_line: "Новая строка", keys_client: "Писать за клиента",
    keys_operator: "Писать за оператора", keys_events: "К событиям", keys_new: "Новый клиент", keys_help: "Эта подсказка",
    new_title: "Новый клиент", new_name: "Имя", new_phone: "Телефон", new_channel: "Канал", add: "Добавить",
    cancel: "Отмена", wrong_name: "Имя: от 1 до 64 знаков", wrong_address: "Телефон: от 10 до 15 цифр",
    arrived_client: "{0}: {1}", arrived_operator: "Оператор для {0}: {1}",
  },
  en: {
    subtitle: "Sandbox: each message really travels through gateway, Kafka and agents",
    links: "State of the parts", language: "Language", keys: "Keys", tabs: "What to show",
    clients: "Clients", new_client: "New client",
    tab_client: "Client", tab_operator: "Operator", tab_events: "Events",
    phone_title: "Client's phone", phone_company: "Your company", phone_from: "{0} · {1} writes",
    card_title: "Card in amoCRM", card_contact: "Contact", card_phone: "Phone", card_channel: "Channel",
    card_conversation: "Conversation", card_chat: "amoCRM chat", card_unknown: "known from the first answer on",
    client_empty: "No messages yet", client_empty_do: "Write something below: the operator will see it.",
    operator_empty: "No conversation yet", operator_empty_do: "Wait for the client, or write first.",
    client_write: "Message from the client…", operator_write: "Operator's answer…", send: "Send",
    attach: "Attach", attach_file: "File…", attach_voice: "Voice message (sample)", attach_place: "Place (sample)",
    attach_buttons: "Buttons “Да” and “Нет”", buttons_ask: "Does it suit you?", reply: "Reply",
    kind_image: "Picture", kind_video: "Video", kind_audio: "Voice or sound", kind_file: "File", kind_place: "Place",
    kind_contact: "Contact",
    from_operator: "Operator", you: "You",
    tick_sending: "On the way", tick_sent: "Sent", tick_delivered: "Delivered", tick_read: "Read",
    tick_failed: "Not delivered", tick_client_sent: "edna has it", tick_client_delivered: "Reached amoCRM",
    again: "Try again", waits: "{0} answers {1} · attempts: {2}", no_answer: "nothing",
    hook_refused: "The gateway did not take the webhook: {0}. amoCRM does not repeat it",
    hook_waits: "The gateway answered {0}; edna will repeat",
    error_409: "The account is not connected to the channel yet: the client → operator agent does that when it starts",
    error_away: "The fake {0} does not answer", error_page: "The page does not answer", error_other: "Not sent: {0}",
    unread: "unread: {0}", nothing_yet: "no messages",
    flow: "How delivery is going", flow_hint: "Switch a fault on and watch what the system does about it",
    direction_inbound: "Client → operator", direction_outbound: "Operator → client", direction_status: "Statuses",
    path_inbound: "edna → amoCRM", path_outbound: "amoCRM → edna", path_status: "edna → amoCRM",
    state_ok: "idle", state_busy: "delivering", state_retrying: "retrying", state_down: "agent does not answer",
    figure_lanes: "chats waiting", figure_held: "in hand", figure_in_flight: "calls",
    figure_retries: "retries", figure_delivered: "delivered", figure_repeated: "repeats",
    figure_dead_letters: "dead letters", figure_lag: "lag",
    retries_of: "transient {0} · throttled {1} · refused {2}", processes: "processes: {0}", chart: "In hand, last minute",
    down_do: "Last known figures. Messages wait in Kafka; none is lost.",
    vendor_edna: "edna", vendor_amojo: "amoCRM", vendor_title: "Faults of {0}",
    vendor_ok: "answers", vendor_away: "does not answer", other_faults: "and other rules: {0}",
    switch_slow: "Slow, 3 s", switch_503: "503 to all", switch_lost: "Answer is lost",
    events: "Events in Kafka", filter: "Topics", pause: "Pause", resume: "Go on", resume_new: "Go on, new: {0}",
    column_time: "time", column_topic: "topic", column_place: "part.:offset", column_key: "key",
    column_what: "what it is", column_took: "took",
    events_empty: "No events yet: write a message and it appears here.",
    events_hidden: "All topics are hidden: switch at least one on.",
    events_away: "Kafka does not answer: no new events are seen; reading goes on by itself.",
    took_waits: "waits {0} s", took_ms: "{0} ms", took_s: "{0} s", took_skipped: "not needed", took_dead: "undeliverable",
    took_way: "on the way",
    what_inbound: "Client {0}: “{1}”", what_outbound: "Operator: “{0}”", what_status: "Status: {0}",
    what_receipt: "Receipt: {0}", attempts: "attempts: {0}", what_dlq: "Dead letter: {0}",
    what_quarantine: "Set aside: {0}", what_links: "Link between message ids", what_unknown: "Record",
    status_enqueued: "enqueued", status_sent: "sent", status_delivered: "delivered", status_read: "read",
    status_failed: "failed", status_unknown: "unknown",
    outcome_delivered: "delivered", outcome_skipped: "skipped", "outcome_dead-lettered": "dead letter",
    outcome_refused: "refused", outcome_part: "part delivered",
    record: "Record in Kafka", record_key: "Key", record_headers: "Headers", record_value: "Value", close: "Close",
    link_gateway: "Gateway", link_kafka: "Kafka", link_edna: "edna", link_amojo: "amoCRM", link_agents: "Agents",
    ok: "works", away: "does not answer", unready: "not ready", unknown: "checking", missing: "topics missing",
    trouble_page: "The connection to the page is lost. Connecting again…",
    trouble_gateway: "The gateway does not answer: nobody takes webhooks now. edna repeats its own, amoCRM does not.",
    trouble_unready: "The gateway cannot store a webhook: neither Kafka nor the disk takes it.",
    trouble_kafka: "Kafka does not answer: messages stand still until it is back.",
    trouble_missing: "Topics are missing in Kafka: {0}. Create them: edna-amocrm topics create",
    trouble_edna: "The fake edna does not answer: the client cannot write, answers to them wait in Kafka.",
    trouble_amojo: "The fake amoCRM does not answer: the operator cannot write, messages to them wait in Kafka.",
    keys_close: "Close a window", keys_next: "Next client", keys_previous: "Previous client",
    keys_send: "Send", keys_line: "New line", keys_client: "Write as the client",
    keys_operator: "Write as the operator", keys_events: "To the events", keys_new: "New client", keys_help: "This list",
    new_title: "New client", new_name: "Name", new_phone: "Phone", new_channel: "Channel", add: "Add",
    cancel: "Cancel", wrong_name: "Name: 1 to 64 characters", wrong_address: "Phone: 10 to 15 digits",
    arrived_client: "{0}: {1}", arrived_operator: "Operator to {0}: {1}",
  },
};

const KEPT_AS = "edna-amocrm.language";
const listeners = new Set();
let language = remembered() ?? (navigator.language?.toLowerCase().startsWith("ru") ? "ru" : "en");

function remembered() {
  try {
    const kept = localStorage.getItem(KEPT_AS);
    return kept in WORDS ? kept : null;
  } catch {
    return null;
  }
}

export function say(key, ...values) {
  const words = WORDS[language][key] ?? key;
  return words.replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)] ?? ""));
}

export function currentLanguage() {
  return language;
}

export function onLanguage(listener) {
  listeners.add(listener);
}

export function speak(wanted) {
  language = wanted in WORDS ? wanted : "en";
  try {
    localStorage.setItem(KEPT_AS, language);
  } catch { /* not remembered, then */ }
  label();
  listeners.forEach((listener) => listener());
}

// Fills what stands in the document itself: data-word is its text, data-label its name for assistive technology.
export function label() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-word]")) each.textContent = say(each.dataset.word);
  for (const each of document.querySelectorAll("[data-label]")) {
    each.setAttribute("aria-label", say(each.dataset.label));
    if (each.tagName === "BUTTON") each.title = say(each.dataset.label);
  }
  for (const each of document.querySelectorAll("[data-language]")) {
    each.setAttribute("aria-pressed", String(each.dataset.language === language));
  }
}

export function clock(ms, withSeconds = false) {
  const date = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds ? `${minutes}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}` : minutes;
}

export function number(value) {
  return new Intl.NumberFormat(language).format(value);
}
