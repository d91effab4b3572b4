"""How a fake edna behaves."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import credentials

RETRY_PAUSES_S = (4.0, 128.0, 2048.0)  # edna.md §6, the current documentation


@dataclass(frozen=True, slots=True)
class EdnaConfig:
    """One account with one cascade of one channel.

    `webhook_key` None: webhooks carry no Authorization. `retry_scale` shortens the pauses 4/128/2048 s.
    `duplicate_window_s`: edna cancels identical content to one recipient within 20 minutes (1200); 0 = off, the
    default here, because people who try a sandbox write "ok" twice. Delays are seconds after acceptance;
    `auto_status` False sends none. `webhook_timeout_s` is a guess: edna publishes none (edna.md §6).
    """

    api_key: str = credentials.EDNA_API_KEY
    webhook_url: str | None = None
    webhook_key: str | None = credentials.EDNA_WEBHOOK_KEY
    cascade_id: int | str = credentials.EDNA_CASCADE_ID
    im_type: str = "whatsapp"
    subject: str = "sandbox_channel"
    subject_id: int = 345
    retry_scale: float = 1.0
    webhook_timeout_s: float = 10.0
    duplicate_window_s: float = 0.0
    sent_after_s: float = 0.1
    delivered_after_s: float = 0.3
    auto_status: bool = True

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """The pauses before each further attempt of a webhook."""
        return tuple(pause * self.retry_scale for pause in RETRY_PAUSES_S)
