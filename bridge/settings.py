"""Every environment variable of the project, in one place; `.env` is read as well and the environment wins.

`.env.sample` mirrors this file (a test holds the two together). A value that still is a placeholder of the sample
counts as not given. Secrets are `SecretStr`: they do not show in logs or tracebacks.
"""

from __future__ import annotations

import os
import socket
import sys
from functools import cached_property
from typing import Annotated, Any, Literal, NoReturn

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.errors import EXIT_CONFIGURATION, ConfigurationError
from bridge.variables import (
    BaseUrl,
    Hosts,
    ImType,
    Language,
    LogLevel,
    PathSecret,
    Port,
    Rate,
    Region,
    Servers,
    trimmed,
    words,
)

PLACEHOLDER_MARKS = ("your_", "your-", "<", "changeme")

Part = Literal["gateway", "inbound", "outbound", "status", "topics"]

# What a part cannot start without.
AMOJO_CREDENTIALS = ("AMOCRM_CHANNEL_ID", "AMOCRM_CHANNEL_SECRET", "AMOCRM_ACCOUNT_ID")
REQUIRED: dict[Part, tuple[str, ...]] = {
    "gateway": AMOJO_CREDENTIALS,
    "inbound": AMOJO_CREDENTIALS,
    "outbound": ("EDNA_API_KEY",),
    "status": AMOJO_CREDENTIALS,
    "topics": (),
}

CASCADE_PATH = "/api/cascade/schedule"
README_PATH = "/api/messages/send"
LEGACY_PATHS = ("/api/imOutMessage", "/api/old/imOutMessage")


class Settings(BaseSettings):
    """The configuration of one process. Field names are the variables' names in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    # edna Pulse
    edna_api_key: SecretStr | None = None
    edna_base_url: BaseUrl = "https://app.edna.ru"
    edna_im_type: ImType = "whatsapp"
    edna_send_path: str = README_PATH
    edna_cascade_id: str | None = None
    edna_default_subject_id: str | None = None
    edna_max_rps: Rate = 0.0
    edna_webhook_key: SecretStr | None = None
    edna_webhook_key_previous: SecretStr | None = None
    edna_webhook_secret: PathSecret | None = None
    edna_webhook_secret_previous: PathSecret | None = None

    # amoCRM chats (amojo)
    amocrm_amojo_base_url: BaseUrl = "https://amojo.amocrm.ru"
    amocrm_channel_id: str | None = None
    amocrm_channel_secret: SecretStr | None = None
    amocrm_channel_secret_previous: SecretStr | None = None
    amocrm_account_id: str | None = None
    amocrm_connect_title: str = "Integration Channel"
    amocrm_hook_api_version: Literal["v1", "v2"] = "v2"
    amocrm_auto_connect: bool = True
    amocrm_sources: bool = False
    amocrm_max_rps: Rate = 0.0
    amocrm_base_url: BaseUrl = "https://your_subdomain.amocrm.ru"
    amocrm_token: SecretStr | None = None

    # Kafka
    kafka_bootstrap_servers: Servers = "127.0.0.1:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_cafile: str | None = None
    topic_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$", max_length=200)] = "edna-amocrm."
    topic_partitions: Annotated[int, Field(ge=1, le=10_000)] = 12
    topic_replication_factor: Annotated[int, Field(ge=1, le=32)] = 1

    # Listening
    listen_host: str = "127.0.0.1"
    gateway_port: Port = 28000
    inbound_port: Port = 28001
    outbound_port: Port = 28002
    status_port: Port = 28003
    max_webhook_bytes: Annotated[int, Field(ge=1024)] = 262_144

    # Media relay: links that the other vendor can fetch
    public_base_url: BaseUrl | None = None
    media_secret: SecretStr | None = None
    media_secret_previous: SecretStr | None = None
    media_allow_hosts: Hosts = ""
    media_max_bytes: Annotated[int, Field(ge=1)] = 104_857_600

    # Spool of the gateway
    spool_dir: str = "spool"
    spool_max_bytes: Annotated[int, Field(ge=1_048_576)] = 1_073_741_824

    # Delivery
    attempts_in_flight: Annotated[int, Field(ge=1)] = 512
    events_held: Annotated[int, Field(ge=1)] = 5_000
    unacked_span: Annotated[int, Field(ge=1)] = 50_000
    retry_budget_s: Annotated[int, Field(ge=1)] = 900
    outbound_max_age_s: Annotated[int, Field(ge=0)] = 86_400
    session_timeout_s: Annotated[int, Field(ge=6, le=300)] = 10
    max_poll_interval_s: Annotated[int, Field(ge=10)] = 86_400
    group_instance_id: str | None = None
    instance_id: str | None = None
    phone_region: Region = "RU"
    operator_language: Language = "ru"

    # Logs
    log_level: LogLevel = "INFO"
    log_format: Literal["json", "console"] = "json"

    # Sandbox, and where it and `send-test` find the parts (default: their ports on this machine)
    sandbox_page_port: Port = 28080
    edna_fake_port: Port = 28081
    amojo_fake_port: Port = 28082
    sandbox_host: str | None = None
    gateway_url: BaseUrl | None = None
    inbound_url: BaseUrl | None = None
    outbound_url: BaseUrl | None = None
    status_url: BaseUrl | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_what_was_not_given(cls, values: Any) -> Any:
        """Texts trimmed; a placeholder, or quotes around nothing, is as good as no variable."""
        if not isinstance(values, dict):
            return values
        bare = {name: trimmed(value) for name, value in values.items()}
        return {
            name: value
            for name, value in bare.items()
            if not isinstance(value, str)
            or not (value.lower().startswith(PLACEHOLDER_MARKS) or (not value and values[name]))
        }

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> Settings:
        if self.kafka_security_protocol.startswith("SASL_"):
            for name in ("kafka_sasl_username", "kafka_sasl_password"):
                if getattr(self, name) is None:
                    raise ValueError(
                        f"{name.upper()} is needed with KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol}"
                    )
        return self

    def require(self, part: Part) -> Settings:
        """Return the settings when all that `part` needs is given; raise ConfigurationError naming what is not."""
        missing = [name for name in REQUIRED[part] if getattr(self, name.lower()) is None]
        if missing:
            raise ConfigurationError(
                f"{part}: {', '.join(missing)} not set: put {'it' if len(missing) == 1 else 'them'} into the "
                "environment or .env (see .env.sample), or try everything without an account: `make run`, "
                "or `docker compose --profile sandbox up`"
            )
        return self

    @cached_property
    def scope_id(self) -> str:
        """The amojo scope: `{channel id}_{account amojo id}` (amojo.md §1.1)."""
        return f"{self.amocrm_channel_id}_{self.amocrm_account_id}"

    def url_of(self, part: Literal["gateway", "inbound", "outbound", "status"]) -> str:
        """Where the sandbox and the commands reach a part: `<PART>_URL`, else its port on this machine."""
        return getattr(self, f"{part}_url") or f"http://127.0.0.1:{getattr(self, f'{part}_port')}"

    @cached_property
    def instance(self) -> str:
        """The name of this process among its siblings: INSTANCE_ID, else the host's name."""
        return self.instance_id or socket.gethostname()


def secret(value: SecretStr | None) -> str:
    """The text of a secret that `Settings.require` has shown to be there."""
    if value is None:
        raise ConfigurationError("a secret is used that was not required at start: report this as a bug")
    return value.get_secret_value()


def load_settings(part: Part | None = None) -> Settings:
    """Read environment and `.env`; with `part`, also check that what it needs is given.

    Raises ConfigurationError with one line that names each wrong variable, or `.env` when it cannot be read. Where no
    `.env` is to be read, start in a folder without one.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise ConfigurationError("; ".join(_lines(error))) from None
    except UnicodeDecodeError:
        raise ConfigurationError(".env: is not UTF-8: save it as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f".env: cannot be read: {error.strerror}") from None
    return settings.require(part) if part else settings


def load_settings_or_exit(part: Part | None = None) -> Settings:
    """`load_settings` for entry points: a wrong configuration ends the process with exit 78 and one line."""
    try:
        return load_settings(part)
    except ConfigurationError as error:
        exit_with(error)


def exit_with(error: ConfigurationError) -> NoReturn:
    """End the process the way a supervisor understands: one line on stderr, exit 78."""
    print(f"edna-amocrm: {error}", file=sys.stderr)  # noqa: T201 - the one line an operator reads; logging may not be up
    sys.stderr.flush()
    sys.exit(EXIT_CONFIGURATION)


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        lines.append(f"{name}: {words(problem)}" if name else words(problem))
    return lines


def given(name: str) -> bool:
    """Whether a variable stands in the environment or in `.env` (an empty one does not count)."""
    return bool(os.environ.get(name)) or name.lower() in load_settings().model_fields_set
