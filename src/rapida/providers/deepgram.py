"""Deepgram: one key for all families.

Follows https://developers.deepgram.com/reference/authentication and
https://developers.deepgram.com/reference/manage/projects/list.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from .vendor import Vendor, VendorCredential


class DeepgramCredential(VendorCredential, frozen=True):
    """A key of a project's."""

    vendor: ClassVar[Vendor] = Vendor(
        "deepgram",
        "https://api.deepgram.com",
        "Authorization",
        "Token {api_key}",
        check_path="/v1/projects",
    )

    api_key: Annotated[str, Meta(extra_json_schema={"console_hint": "Deepgram Console: API Keys"})]
    """A key of the project's."""
