"""The words that tell kinds apart in answers, as the OpenAPI document lists them.

An answer is not refused for a word that the list lacks: rows of an earlier version are shown as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, get_args, get_type_hints

from pydantic import WithJsonSchema

from ..call.commands import EndReason, Entry
from ..node.peers import SERVER_LOST
from ..store import contexts, intents
from ..store.event_names import known_names
from ..telemetry.metrics import WITHOUT_STREAM
from ..telephony.webhooks import ORDER, TERMINAL
from ..workspace.catalogue import FAMILIES

CALL_STATUSES = (*ORDER, *sorted(TERMINAL))
END_REASONS = tuple(
    dict.fromkeys(
        (
            *get_args(EndReason),
            *WITHOUT_STREAM,
            SERVER_LOST,
            *get_args(intents.Undialled),
            intents.UNKNOWN,
            *sorted(TERMINAL),
        )
    )
)
"""Why a conversation ended: as the call's core says; without a stream; or as the carrier reports."""


def _one_of(words: Iterable[str], told: str = "") -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(words), **({"description": told} if told else {})})


_ENTRY = {name: get_args(hint) for name, hint in get_type_hints(Entry).items()}
EndReasonWord = Annotated[str, _one_of(END_REASONS)]
CallStatus = Annotated[str, _one_of(CALL_STATUSES, "As the carrier reports it")]
Speaker = Annotated[str, _one_of(_ENTRY["speaker"])]
LineKind = Annotated[str, _one_of(_ENTRY["kind"])]
LegStatus = Annotated[str, _one_of(get_args(contexts.Status))]
Family = Annotated[str, _one_of(FAMILIES)]
EventName = Annotated[str, _one_of(known_names())]
