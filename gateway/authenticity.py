"""Who sent a webhook: proofs on raw bytes, compared in constant time. `…_PREVIOUS` secrets count during a rotation."""

from __future__ import annotations

import hmac

from pydantic import SecretStr

from bridge.amojo.signature import hook_is_authentic
from bridge.settings import Settings

SIGNATURE_HEADER = "X-Signature"
SCHEMES = ("token ", "bearer ")  # edna.md §6: `Token` was observed; others are accepted


class EdnaProof:
    """A key in `Authorization`, or a secret in the path. One of them suffices; with neither configured all is well."""

    def __init__(self, settings: Settings) -> None:
        self._keys = _known(settings.edna_webhook_key, settings.edna_webhook_key_previous)
        self._secrets = _known(settings.edna_webhook_secret, settings.edna_webhook_secret_previous)

    @property
    def open(self) -> bool:
        """Whether anybody may send: neither EDNA_WEBHOOK_KEY nor EDNA_WEBHOOK_SECRET is set."""
        return not (self._keys or self._secrets)

    def accepts(self, authorization: str | None, path_secret: str | None) -> bool:
        """Whether a webhook with this header and this last part of the path is edna's."""
        if self.open:
            return True
        by_key = _among(self._keys, _bare(authorization or ""))
        by_path = _among(self._secrets, path_secret or "")
        return by_key or by_path


class AmojoProof:
    """`X-Signature` over the body, with and without its trailing newline (amojo.md §6.2)."""

    def __init__(self, settings: Settings) -> None:
        known = _known(settings.amocrm_channel_secret, settings.amocrm_channel_secret_previous)
        self._secrets = tuple(value.decode() for value in known)

    def accepts(self, body: bytes, signature: str | None) -> bool:
        """Whether the body was signed with a secret of ours."""
        return hook_is_authentic(self._secrets, body, signature)


def _known(*secrets: SecretStr | None) -> tuple[bytes, ...]:
    return tuple(value.get_secret_value().encode() for value in secrets if value is not None)


def _bare(authorization: str) -> str:
    value = authorization.strip()
    for scheme in SCHEMES:
        if value.lower().startswith(scheme):
            return value[len(scheme) :].strip()
    return value


def _among(known: tuple[bytes, ...], given: str) -> bool:
    encoded = given.encode("utf-8", "surrogateescape")  # header bytes may be anything
    found = False
    for value in known:
        found |= hmac.compare_digest(value, encoded)
    return found and bool(encoded)
