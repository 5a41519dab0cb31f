"""The credential of a Twilio account: what is asked of a person, and what must not be repeated."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import Annotated

from msgspec import Meta, Struct

from ...providers.refusals import redacted


class TwilioCredential(Struct, frozen=True):
    """A Twilio account, as its Console shows it."""

    account_sid: Annotated[
        str,
        Meta(
            pattern=r"^AC[0-9a-fA-F]{32}$",
            max_length=34,
            extra_json_schema={"console_hint": "Twilio Console, Account Info: Account SID"},
        ),
    ]
    """The account's name, which each webhook tells and each request is made with."""
    account_token: Annotated[
        str,
        Meta(min_length=1, extra_json_schema={"console_hint": "Twilio Console, Account Info: Auth Token"}),
    ]
    """The primary Auth Token: it proves webhooks and signs requests."""
    secondary_token: str = ""
    """Proves webhooks too, while the tokens are being rotated."""
    shared_key_id: str = ""
    """The SharedKey that may sign webhooks with SHA-256; no other is accepted."""
    shared_key_secret: str = ""
    """What that SharedKey signs with."""

    def redacted(self, text: str) -> str:
        """What a host said, without our secrets, as they are or as Basic authentication: it may repeat them.

        The account's SID is none.
        """
        values = [self.account_token, self.secondary_token, self.shared_key_id, self.shared_key_secret]
        tokens = [each for each in (self.account_token, self.secondary_token) if each]
        values += [b64encode(f"{self.account_sid}:{each}".encode()).decode() for each in tokens]
        return redacted(text, values)


def made_up() -> dict[str, str]:
    """A credential as Twilio's look, of no account."""
    return {"account_sid": f"AC{secrets.token_hex(16)}", "account_token": secrets.token_hex(16)}
