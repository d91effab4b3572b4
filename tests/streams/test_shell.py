"""What must not be left to Faust: its settings, and the iterator that acknowledges what it skips (I3, I8)."""

from __future__ import annotations

from typing import Any

import faust
import faust.streams
import pytest

from bridge.errors import ConfigurationError
from bridge.settings import Settings
from streams import shell
from tests.streams.scripted import ScriptedCarrier, Vendor

DAY_S = 86_400.0

# Name → what it must be at least, and at most (None: exactly the first), and what Faust's own value does.
MUST_BE: dict[str, tuple[Any, Any, str]] = {
    "broker_max_poll_interval": (DAY_S, 1e9, "after an outage of 1,000 s the worker leaves its group for ever"),
    "broker_session_timeout": (10.0, None, "a minute of silence after kill -9"),
    "broker_heartbeat_interval": (3.0, None, "must be a third of the session"),
    "broker_max_poll_records": (200, 500, "no limit"),
    "broker_commit_livelock_soft_timeout": (DAY_S, 1e9, "says so of every long outage"),
    "stream_processing_timeout": (DAY_S, 1e9, "the same"),
    "consumer_max_fetch_size": (65_536, None, "one partition's fetch fills the lanes: half the rate"),
    "consumer_auto_offset_reset": ("earliest", None, "what was there before the first start would be lost"),
    "stream_buffer_maxsize": (20_000, 1e9, "with every partition back-pressured Faust sleeps 1 s"),
    "stream_wait_empty": (False, None, "waits for events that wait for a vendor"),
    "table_standby_replicas": (0, None, "there are no tables"),
    "topic_disable_leader": (True, None, "makes a topic that nobody asked for"),
    "topic_allow_declare": (False, None, "makes topics as it thinks fit"),
    "producer_request_timeout": (15.0, 30.0, "hangs for 20 minutes"),
    "web_enabled": (False, None, "exposes internals"),
    "worker_redirect_stdouts": (False, None, "the last words would go into the log"),
}


@pytest.fixture
def app() -> faust.App:
    """An app with the settings that a direction has, and nothing opened."""
    given = Settings(_env_file=None, topic_prefix="t.")
    return faust.App("t", **shell._faust_settings(given, "outbound"))


@pytest.mark.parametrize("name", MUST_BE)
def test_a_setting_that_must_not_be_fausts_own_is_not(app: faust.App, name: str) -> None:
    least, most, why = MUST_BE[name]
    value = getattr(app.conf, name)
    assert value == least if most is None else least <= value <= most, why


def test_a_faust_without_its_compiled_iterator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faust.streams, "_CStreamIterator", None)
    with pytest.raises(ConfigurationError, match="compiled"):
        shell.make_app(Settings(_env_file=None, topic_prefix="t."), ScriptedCarrier(Vendor()), 0)
