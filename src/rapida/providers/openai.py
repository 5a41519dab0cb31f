"""OpenAI, and every server that speaks as it does: one key for all families.

Follows https://platform.openai.com/docs/api-reference/authentication,
https://platform.openai.com/docs/api-reference/models/list and
https://platform.openai.com/docs/guides/error-codes.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from .refusals import ADVICE
from .vendor import Vendor, VendorCredential


class OpenAICredential(VendorCredential, frozen=True):
    """A key of a project's."""

    vendor: ClassVar[Vendor] = Vendor(
        "openai",
        "https://api.openai.com/v1",
        "Authorization",
        "Bearer {api_key}",
        check_path="/models",
        used_up={"insufficient_quota": ADVICE[402]},
    )

    api_key: Annotated[str, Meta(extra_json_schema={"console_hint": "OpenAI Platform: API keys"})] = ""
    """Empty for servers that ask for none."""
