"""The sandbox's credentials: constants, obviously not real ones, and the same for the fakes and for who calls them.

Nothing here opens any door outside the sandbox. With real credentials in the environment the fakes take those instead.
"""

from __future__ import annotations

from pathlib import Path

from bridge.settings import REQUIRED, Settings

EDNA_API_KEY = "fake-edna-api-key-0000-sandbox-only"
EDNA_WEBHOOK_KEY = "fake-edna-webhook-key-0000-sandbox-only"
EDNA_CASCADE_ID = 1
EDNA_SEND_PATH = "/api/cascade/schedule"

AMOCRM_CHANNEL_ID = "fa4e0000-0000-4000-8000-0000000c4a11"
AMOCRM_CHANNEL_SECRET = "fa4e" * 10  # 40 hex digits, used as text (amojo.md §1.1)
AMOCRM_ACCOUNT_ID = "fa4e0000-0000-4000-8000-000000acc001"

BEFORE_TOPICS = "sandbox."  # topics and groups of its own: nothing that the fakes sent ever waits for a real client

EDNA_FAKE_PORT = 28081
AMOJO_FAKE_PORT = 28082


def missing_credentials(settings: Settings) -> list[str]:
    """The credentials that are not given; any one of them means fakes of both vendors."""
    needed = dict.fromkeys(name for part in ("outbound", "gateway") for name in REQUIRED[part])
    return [name for name in needed if getattr(settings, name.lower()) is None]


def fakes_environment(settings: Settings, host: str = "127.0.0.1") -> dict[str, str]:
    """What puts the fakes on `host` in the vendors' place, beside what the settings already say."""
    fakes = sandbox_environment(settings.edna_fake_port, settings.amojo_fake_port, host)
    fakes["TOPIC_PREFIX"] = BEFORE_TOPICS + settings.topic_prefix
    fakes["SPOOL_DIR"] = str(Path(settings.spool_dir) / "sandbox")  # a gateway takes over what stands beside its own
    if settings.public_base_url is None:
        fakes["PUBLIC_BASE_URL"] = settings.url_of("gateway")  # the fakes fetch files where the other parts find it
    return fakes


def sandbox_environment(
    edna_port: int = EDNA_FAKE_PORT, amojo_port: int = AMOJO_FAKE_PORT, host: str = "127.0.0.1"
) -> dict[str, str]:
    """The environment in which every part of the bridge talks to the two fakes on `host`."""
    return {
        "EDNA_API_KEY": EDNA_API_KEY,
        "EDNA_WEBHOOK_KEY": EDNA_WEBHOOK_KEY,
        "EDNA_BASE_URL": f"http://{host}:{edna_port}",
        "EDNA_SEND_PATH": EDNA_SEND_PATH,
        "EDNA_CASCADE_ID": str(EDNA_CASCADE_ID),
        "AMOCRM_CHANNEL_ID": AMOCRM_CHANNEL_ID,
        "AMOCRM_CHANNEL_SECRET": AMOCRM_CHANNEL_SECRET,
        "AMOCRM_ACCOUNT_ID": AMOCRM_ACCOUNT_ID,
        "AMOCRM_AMOJO_BASE_URL": f"http://{host}:{amojo_port}",
        "MEDIA_ALLOW_HOSTS": f"{host}:{edna_port},{host}:{amojo_port}",  # the relay reads the fakes' files
    }
