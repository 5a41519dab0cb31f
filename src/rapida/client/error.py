"""The one exception of the client."""

from __future__ import annotations

from typing import Any

import msgspec

UNREACHABLE = "unreachable"
"""The `code` where no server answered."""


class ApiError(Exception):
    """What the server refused, or that it could not be reached.

    `code` is for programs (RFC 9457 problem+json; the server's document lists them), the exception's text is
    the server's sentence. `status` is HTTP's, 0 where no server answered. `errors` names the fields that are
    wrong, each with `field` and `problem`; `etag` is the present one where something was changed meanwhile.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        request_id: str = "",
        etag: str = "",
        wait_s: float | None = None,
        problem: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or []
        self.request_id = request_id
        self.etag = etag
        self.wait_s = wait_s
        self.problem = problem or {}
        """The whole body; of a call that was refused it also says of which conversation it speaks."""


class _Problem(msgspec.Struct):
    code: str = "unknown"
    detail: str = ""
    errors: list[dict[str, str]] = []


def refused(status: int, headers: dict[str, str], body: bytes) -> ApiError:
    """The exception of an answer; also of one that is no problem+json, such as a proxy's page."""
    try:
        told = msgspec.json.decode(body, type=_Problem)
        whole = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        told, whole = _Problem(), dict[str, Any]()
    wait = headers.get("retry-after", "")
    return ApiError(
        status,
        told.code,
        told.detail or f"the server answers with HTTP {status}",
        errors=told.errors,
        request_id=headers.get("x-request-id", ""),
        etag=headers.get("etag", ""),
        wait_s=float(wait) if wait.isdigit() else None,
        problem=whole,
    )
