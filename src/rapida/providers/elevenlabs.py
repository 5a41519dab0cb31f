"""ElevenLabs: one key for all families.

Follows https://elevenlabs.io/docs/api-reference/authentication,
https://elevenlabs.io/docs/api-reference/user/get and https://elevenlabs.io/docs/eleven-api/resources/errors.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from .vendor import Vendor, VendorCredential


class ElevenLabsCredential(VendorCredential, frozen=True):
    """A key of a workspace's, which may be limited to what it is for."""

    vendor: ClassVar[Vendor] = Vendor(
        "elevenlabs",
        "https://api.elevenlabs.io",
        "xi-api-key",
        "{api_key}",
        check_path="/v1/user",
        limited="missing_permissions",
        used_up={"quota_exceeded": "the account's quota is used up: add credit or wait for the next month"},
    )

    api_key: Annotated[str, Meta(extra_json_schema={"console_hint": "ElevenLabs, Developers: API Keys"})]
    """A key that may speak."""
