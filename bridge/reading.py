"""What a parser of webhooks needs to know of the configuration: handed in, so that parsers stay pure."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.events import ACCOUNT
from bridge.settings import Settings


@dataclass(frozen=True, slots=True)
class Reading:
    """The channel of the README form, the region of phones without a country code, and amojo's scope.

    `scope` goes into the ids of what carries no id of its own (amojo's hook v1).
    """

    im_type: str
    region: str
    account: str = ACCOUNT
    scope: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Reading:
        """The reading that the settings ask for."""
        return cls(settings.edna_im_type, settings.phone_region, scope=settings.scope_id)
