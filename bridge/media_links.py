"""Links of the media relay, signed here and verified at the gateway. No lookup, no state: the link is all there is.

`PUBLIC_BASE_URL/media/<token>/<file name>`. The token holds the URL of the source and the day on which it expires, and
an HMAC-SHA256 over them, the file name and what the signature is for. So the relay fetches only what one of our own
processes has put into a link, and hands it out only under the name that was put there.

The key comes from MEDIA_SECRET, or, when that is not given, from AMOCRM_CHANNEL_SECRET, each through an HMAC with a
label of its own: agents and gateway agree without one more variable, and a link tells nothing about the secret.
A process with neither (an outbound agent may have none) makes no links.

The token hides the source from who skims a log, not from who decodes it; so it is never logged.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable, Iterable
from urllib.parse import quote

from pydantic import SecretStr
from yarl import URL

from bridge.errors import ExpiredLink, ForgedLink
from bridge.media_hosts import AllowedHosts, location_of, plainly_private
from bridge.media_names import extension_of, file_name
from bridge.settings import Settings

PATH = "/media"
LABEL = b"edna-amocrm media link v1"
DAY_S = 86_400
LIFE_S = 30 * DAY_S
LONGEST = 4096  # characters of a link, the most that edna takes (edna.md §2.3)
SIGNATURE_LENGTH = 43  # characters of 32 bytes in base64url

# Parameters by which a link is signed for some time or some reader, in lower case.
EXPIRING = frozenset(
    {
        "expires",
        "expire",
        "expiry",
        "exp",
        "signature",
        "sig",
        "sign",
        "token",
        "access_token",
        "auth",
        "key",
        "st",
        "se",
    }
)
EXPIRING_PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-cos-", "awsaccesskeyid", "googleaccessid")


class MediaLinks:
    """Makes links that the other vendor can fetch, and reads them back."""

    def __init__(
        self,
        base_url: str | None,
        secrets: Iterable[str],
        allowed: AllowedHosts,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = base_url
        self._keys = [hmac.digest(secret.encode(), LABEL, "sha256") for secret in secrets]
        self._allowed = allowed
        self._now_s = now_s

    @classmethod
    def of(cls, settings: Settings) -> MediaLinks:
        """As the settings say. `…_PREVIOUS` secrets are read, and never written with."""
        current, previous = settings.media_secret, settings.media_secret_previous
        if current is None:
            current = settings.amocrm_channel_secret
            previous = previous or settings.amocrm_channel_secret_previous
        allowed = AllowedHosts.of(settings.media_allow_hosts)
        return cls(settings.public_base_url if current else None, _known(current, previous), allowed)

    def public(self, url: str | None, name: str | None = None, mime: str | None = None) -> str | None:
        """A link under which the other vendor can fetch this file: the file's own URL, or one of the relay.

        None when there is none: then the URL belongs into the text. The same file has the same link for a day, so that
        a repeat repeats it. Pure but for the clock; raises nothing.
        """
        location = location_of(url) if url else None
        if location is None:
            return None
        if not needs_relay(location) or self._is_ours(location):
            return str(location)
        relayed = self._relayed(location, name, mime)
        return relayed or (str(location) if is_fetchable(location) else None)

    def _relayed(self, location: URL, name: str | None, mime: str | None) -> str | None:
        if self._base_url is None or not self._allowed.may_try(location):
            return None
        made = self.link(str(location), file_name(name, str(location), mime))
        return made if len(made) <= LONGEST else None

    def link(self, url: str, name: str) -> str:
        """The link of the relay for a URL and a file name."""
        expires = -(-int(self._now_s() + LIFE_S) // DAY_S)
        payload = _text_of(f"{expires} {url}".encode())
        return f"{self._base_url}{PATH}/{_signature(self._keys[0], payload, name)}{payload}/{quote(name, safe='')}"

    def source(self, token: str, name: str) -> str:
        """The URL that a token stands for. Raises ForgedLink or ExpiredLink; takes the same time for all forgeries."""
        given, payload = token[:SIGNATURE_LENGTH], token[SIGNATURE_LENGTH:]
        encoded = given.encode("utf-8", "surrogatepass")
        authentic = False
        for key in self._keys:
            authentic |= hmac.compare_digest(_signature(key, payload, name).encode(), encoded)
        if not authentic:
            raise ForgedLink("this link was not made here, or not for this name")
        expires, _, url = _bytes_of(payload).decode().partition(" ")
        if self._now_s() >= int(expires) * DAY_S:
            raise ExpiredLink("this link has expired")
        return url

    def _is_ours(self, location: URL) -> bool:
        return self._base_url is not None and str(location).startswith(f"{self._base_url}{PATH}/")


def needs_relay(location: URL) -> bool:
    """Whether a vendor may fail to fetch this from where it is, now or in some days."""
    return not is_fetchable(location) or any(_is_expiring(key.lower()) for key in location.query)


def is_fetchable(location: URL) -> bool:
    """Whether both vendors can fetch this right now: https, not plainly private, no password, an extension."""
    return (
        location.scheme == "https"
        and location.raw_user is None
        and not plainly_private(location.raw_host or "")
        and bool(extension_of(location.raw_path.rpartition("/")[2]))
    )


def _is_expiring(parameter: str) -> bool:
    return parameter in EXPIRING or parameter.startswith(EXPIRING_PREFIXES)


def _signature(key: bytes, payload: str, name: str) -> str:
    # The length keeps the two apart: what is signed can be read in one way only.
    signed = f"{len(payload)} {payload}{name}".encode("utf-8", "surrogatepass")
    return _text_of(hmac.digest(key, signed, "sha256"))


def _text_of(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _known(*secrets: SecretStr | None) -> list[str]:
    return [value.get_secret_value() for value in secrets if value is not None and value.get_secret_value()]
