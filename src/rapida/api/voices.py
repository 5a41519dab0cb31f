"""Voices to choose from, and how one sounds on the telephone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field, WithJsonSchema

from ..node.node import Node
from ..switchboard.voice_samples import VoiceSamples
from ..workspace import voices
from .assistant_schemas import named
from .auth import CallerHere
from .forms import PROBLEM, Form, router

_SAID: dict[int | str, dict[str, Any]] = {
    200: {"description": "A WAV file: mu-law, 8 kHz, one channel", "content": {"audio/wav": {}}},
    429: {"description": "Other voices are being tried", **PROBLEM},
    502: {"description": "The provider refuses, or cannot be asked", **PROBLEM},
    503: {"description": "The database is away", **PROBLEM},
}
_LISTED: dict[int | str, dict[str, Any]] = {
    502: {"description": "The provider refuses, or cannot be asked", **PROBLEM},
    503: {"description": "The database is away", **PROBLEM},
}


class VoiceView(BaseModel):
    """One voice."""

    id: str = Field(examples=["heart"])
    name: str = Field(examples=["Heart"])
    language: str = Field(description="BCP 47; empty = several, or not told", examples=["en-US"])
    description: str


class VoicesView(BaseModel):
    """A provider's voices."""

    option: str = Field(
        description="The provider's option that takes an `id`; empty = it has no list", examples=["voice"]
    )
    items: list[VoiceView]


class SayForm(Form):
    """A sentence, and an assistant's `tts` to say it with."""

    tts: Annotated[dict[str, Any], WithJsonSchema(named("TtsProvider"))] = Field(
        examples=[{"name": "hibari", "options": {"voice": "heart-low"}}]
    )
    text: str = Field(min_length=1, max_length=300, examples=["Good morning, how can I help you?"])


def routes(node: Node, samples: VoiceSamples) -> APIRouter:
    """`/v1/providers/tts/{name}/voices` and `/v1/talk/say`."""
    made = router("Providers")

    @made.get(
        "/v1/providers/tts/{name}/voices",
        operation_id="listVoices",
        summary="The voices of a provider",
        responses=_LISTED,
    )
    async def list_voices(
        name: str, caller: CallerHere, credential_id: Annotated[int | None, Field(ge=1, lt=2**53)] = None
    ) -> VoicesView:
        """A vendor is asked with the credential for the voices of its account."""
        found = await voices.of_provider(node, caller, name, credential_id)
        return VoicesView(
            option=found.option,
            items=[
                VoiceView(id=each.id, name=each.name, language=each.language, description=each.description)
                for each in found.listed
            ],
        )

    @made.post(
        "/v1/talk/say",
        operation_id="sayInVoice",
        summary="Hear a sentence in a voice",
        response_class=Response,
        responses=_SAID,
    )
    async def say(form: SayForm, caller: CallerHere) -> Response:
        """As a caller would hear it. Nothing is kept, and no conversation is made."""
        sound = await samples.say(caller, form.tts, form.text)
        return Response(sound, media_type="audio/wav", headers={"cache-control": "no-store"})

    return made
