"""What webhooks were answered, and what is therefore owed: a place for every element of each."""

from __future__ import annotations

import base64
import json
from typing import Any

import requests
from requests.auth import AuthBase

from bridge import topics
from bridge.amojo.signature import hook_signature
from bridge.settings import Settings, secret
from tests.broker.agents import Agent, eventually, read_all
from tests.gateway.load import url_of

ANSWERS = {200, 400, 401, 413, 422}  # whatever comes, while Kafka is there
PREFIX = "edna_amocrm_gateway"
REFUSED_UNKEPT = f'{PREFIX}_quarantine_skipped_total{{reason="unusable"}}'


class Proof(AuthBase):
    """Makes a request authentic once its body is known: amojo's signature, edna's key."""

    def __init__(self, settings: Settings) -> None:
        self._key = secret(settings.edna_webhook_key)
        self._secret = secret(settings.amocrm_channel_secret)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-Signature"] = hook_signature(self._secret, _raw(request.body))
        request.headers["Authorization"] = f"Token {self._key}"
        return request


class Ledger:
    """Of one gateway, a process that nobody else writes to."""

    def __init__(self, agent: Agent, settings: Settings) -> None:
        self.url = url_of(agent)
        self.session = requests.Session()
        self.session.trust_env = False  # no proof from a .netrc
        self.proof = Proof(settings)
        self.answered: dict[int, int] = dict.fromkeys(ANSWERS, 0)
        self._agent = agent
        self._settings = settings
        self._owed = 0
        self._unkept = 0.0

    def note(self, path: str, sent: Any, status: int) -> None:
        """Write down an answer. Fails for one that no webhook may have."""
        body = _raw(sent)
        assert status in ANSWERS, f"{path} answered {status} to {body!r}"
        self.answered[status] += 1
        if status == 200 or (status == 422 and self._was_kept()):
            self._owed += _elements(path, body)

    def _was_kept(self) -> bool:
        """Whether the webhook that was just refused stands in quarantine: only some a minute do."""
        before, self._unkept = self._unkept, _numbers(self.session.get(f"{self.url}/metrics").text)[REFUSED_UNKEPT]
        return self._unkept == before

    async def check(self) -> None:
        """Each element has its place, once: a topic, quarantine, or the counter of what carries nothing."""

        def nothing_waits() -> bool:
            ready = self.session.get(f"{self.url}/ready").json()
            return int(ready["spool"]["records"]) == 0

        await eventually("the spool is empty", nothing_waits)
        stored = {topic: _once(await read_all(self._settings, topic)) for topic in topics.DIRECTIONS}
        aside = [json.loads(record.value) for record in _once(await read_all(self._settings, topics.QUARANTINE))]
        numbers = await self._agent.metrics()
        ignored = sum(value for name, value in numbers.items() if name.startswith(f"{PREFIX}_ignored_total"))
        kept = sum(_elements(one["path"], _body(one)) for one in aside if one["reason"] != "unauthentic")
        carried = sum(map(len, stored.values()))
        assert self._owed == carried + kept + ignored, (self._owed, carried, kept, ignored, self.answered)
        counted = {topic: numbers.get(f'{PREFIX}_accepted_total{{direction="{topic}"}}', 0) for topic in stored}
        assert counted == {topic: len(records) for topic, records in stored.items()}


def _raw(sent: Any) -> bytes:
    assert sent is None or isinstance(sent, bytes | str), "a body that is not there as a whole"
    return sent.encode() if isinstance(sent, str) else sent or b""


def _elements(path: str, body: bytes) -> int:
    """How many things are said: each element of an array of edna is one."""
    document = json.loads(body)
    return len(document) if isinstance(document, list) and path.startswith("/webhooks/edna") else 1


def _body(quarantined: dict[str, Any]) -> bytes:
    written: str = quarantined["body"]
    return base64.b64decode(written) if quarantined["encoding"] == "base64" else written.encode()


def _once(records: list[Any]) -> list[Any]:
    """One record of each that was handed over: what went through the spool can be in Kafka twice."""
    return list({dict(record.headers)["ce_sequence"]: record for record in records}.values())


def _numbers(text: str) -> dict[str, float]:
    found = {name: float(value) for name, _, value in (line.rpartition(" ") for line in text.splitlines())
             if not name.startswith("#")}  # fmt: skip
    return {REFUSED_UNKEPT: 0.0} | found
