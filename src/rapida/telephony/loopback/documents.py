"""The loopback carrier's documents: one JSON object that says what to do with a call."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..documents import Documents, StreamAddress


def connect(stream: StreamAddress, parameters: Mapping[str, str]) -> str:
    """Open a media stream, and tell `parameters` in its first message."""
    told = {"url": stream.url, "name": stream.name, "parameters": dict(parameters)}
    return json.dumps({"do": "stream", **told})


def say(sentence: str, language: str) -> str:
    """Say one sentence and hang up."""
    return json.dumps({"do": "say", "sentence": sentence, "language": language})


def dial(to: str, caller_id: str) -> str:
    """Connect the caller with another number, and hang up when that call is over."""
    return json.dumps({"do": "dial", "to": to, "caller_id": caller_id})


DOCUMENTS = Documents("application/json", connect, say)
