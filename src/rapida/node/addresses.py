"""Which host carriers know us by, and the addresses built from it, below each carrier's own name.

It is PUBLIC_ASSISTANT_HOST and never what a request claims. Without it only the local demo has addresses:
they name a host of this machine, which the simulated phone dials directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from .. import telephony
from ..errors import ProofError, RapidaError, SettingsError
from ..store.contexts import Context
from ..telephony.documents import StreamAddress

TALK = "/v1/talk"
UNPROVED = (
    "the request is not signed by the account of this call or assistant; "
    "the server's log says against which address it was proved"
)
"""The answer to a request without proof, the same about what there is and what there is not."""


@dataclass(frozen=True)
class Addresses:
    """`public` is the configured host, `local` the one the demo is called at (`localhost:8080`)."""

    public: str | None
    local: str

    @property
    def asked(self) -> str:
        """The host that the carrier's requests are proved against."""
        return self.public or self.local

    def unproved(self, why: str) -> RapidaError:
        """What to raise for a request without proof; without a public host no carrier has any."""
        return _missing() if self.public is None else ProofError(UNPROVED, why)

    def answering(self, *, demo: bool) -> str:
        """The host of a deployment's addresses. Raises `SettingsError` when it cannot have any."""
        if self.public is not None:
            return self.public
        if demo:
            return self.local
        raise _missing()

    def of_context(self, context: Context) -> str:
        """The host a context's addresses were built from. Raises `SettingsError` as `answering` does."""
        return context.host if self.public is not None else self.answering(demo=context.host == self.local)


def _missing() -> SettingsError:
    return SettingsError(
        "PUBLIC_ASSISTANT_HOST",
        "it is not set, so that nobody but the local demo's simulated phone is answered; set it to the host "
        "name of this server's public HTTPS address, for example PUBLIC_ASSISTANT_HOST=calls.example.com, "
        "and start again",
    )


def prefix(carrier: str) -> str:
    """Below what path a carrier finds everything: no other carrier's is in it."""
    return f"{TALK}/{carrier}/"


def carrier_prefixes() -> tuple[str, ...]:
    """The paths below which carriers ask."""
    return tuple(map(prefix, telephony.CATALOGUE))


def stream_prefixes() -> tuple[str, ...]:
    """The paths below which carriers open media streams."""
    return tuple(f"{prefix(carrier)}ctx/" for carrier in telephony.CATALOGUE)


def stream_url(host: str, carrier: str, context_id: UUID) -> str:
    """Where the carrier opens the media stream."""
    return f"wss://{host}{prefix(carrier)}ctx/{context_id}"


def status_url(host: str, carrier: str, context_id: UUID) -> str:
    """Where the callbacks of one call go."""
    return f"https://{host}{prefix(carrier)}ctx/{context_id}/event"


def connecting(context: Context, client_number: str, *, names_events: bool) -> str:
    """The document that connects a call with its stream; `client_number` is the other party's.

    `names_events`: whether the stream names what is to be reported (`PhoneOptions.stream_status_events`).
    """
    host, carrier = context.host, context.carrier
    name = f"{context.assistant_id}__{context.conversation_id}"
    reported = status_url(host, carrier, context.id)
    stream = StreamAddress(stream_url(host, carrier, context.id), name, reported, names_events)
    parameters = {"assistant_id": str(context.assistant_id), "client_number": client_number}
    return telephony.carrier(carrier).documents.connect(stream, parameters)


def webhook_url(host: str, carrier: str, assistant: int) -> str:
    """What to paste as a phone number's voice webhook."""
    return f"https://{host}{prefix(carrier)}call/{assistant}"


def number_status_url(host: str, carrier: str, assistant: int) -> str:
    """What to paste as a phone number's status callback."""
    return f"https://{host}{prefix(carrier)}event/{assistant}"
