"""A local server that speaks ElevenLabs' streaming text to speech with timestamps.

Follows https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps (one JSON object per
line: `audio_base64`, `alignment`, `normalized_alignment`, the two alignments may be null) and
https://elevenlabs.io/docs/eleven-api/resources/errors (`detail` with `type`, `code`, `message`, `status`).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.http_double import HttpDouble, Request

CHARACTER_MS = 60
BYTES_PER_MS = 8
PIECE_CHARACTERS = 7


def problem(code: str, message: str = "no") -> dict[str, Any]:
    """The body of an error."""
    return {"detail": {"type": "error", "code": code, "message": message, "status": code, "request_id": "r"}}


@dataclass
class ElevenLabsDouble(HttpDouble):
    """Every character lasts 60 ms; its sound is its own code, so that sentences can be told apart."""

    tail: tuple[bytes, ...] = ()
    """Further lines behind the sound."""
    relative_times: bool = False
    """Give the times of each piece from that piece's own beginning."""

    voice_pages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What is said of the account's voices, a page for each request."""

    garbage = b'{"audio_base64": \n'

    def pieces(self, request: Request) -> list[bytes]:
        if request.path.startswith("/v2/voices"):
            return [json.dumps(self.voice_pages.pop(0)).encode()]
        text = request.json["text"]
        return [*(self._piece(text, at) for at in range(0, len(text), PIECE_CHARACTERS)), *self.tail]

    def _piece(self, text: str, at: int) -> bytes:
        characters = text[at : at + PIECE_CHARACTERS]
        sound = b"".join(
            bytes([ord(character) % 256]) * (CHARACTER_MS * BYTES_PER_MS) for character in characters
        )
        zero = 0 if self.relative_times else at
        starts = [(zero + place) * CHARACTER_MS / 1000 for place in range(len(characters))]
        alignment = {
            "characters": list(characters),
            "character_start_times_seconds": starts,
            "character_end_times_seconds": [start + CHARACTER_MS / 1000 for start in starts],
        }
        line = {
            "audio_base64": base64.b64encode(sound).decode(),
            "alignment": alignment,
            "normalized_alignment": alignment,
        }
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"
