"""How every client of the project proves itself to Kafka: one table of arguments from KAFKA_* variables."""

from __future__ import annotations

import ssl
from typing import Any

from bridge.errors import ConfigurationError
from bridge.settings import Settings, secret


def client_arguments(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that every aiokafka client takes: servers, protocol, SASL, TLS.

    Raises ConfigurationError when KAFKA_SSL_CAFILE cannot be read.
    """
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if (context := tls(settings)) is not None:
        arguments["ssl_context"] = context
    if settings.kafka_security_protocol.startswith("SASL_"):
        arguments["sasl_mechanism"] = settings.kafka_sasl_mechanism
        arguments["sasl_plain_username"] = settings.kafka_sasl_username
        arguments["sasl_plain_password"] = secret(settings.kafka_sasl_password)
    return arguments


def tls(settings: Settings) -> ssl.SSLContext | None:
    """The TLS context of KAFKA_SECURITY_PROTOCOL, with KAFKA_SSL_CAFILE beside the system's authorities."""
    if not settings.kafka_security_protocol.endswith("SSL"):
        return None
    try:
        return ssl.create_default_context(cafile=settings.kafka_ssl_cafile)
    except OSError as error:
        raise ConfigurationError(
            f"KAFKA_SSL_CAFILE: cannot read {settings.kafka_ssl_cafile}: {error.strerror}"
        ) from None
