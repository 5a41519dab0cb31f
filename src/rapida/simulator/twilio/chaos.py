"""What can be made to go wrong on purpose, and when: deterministic, from a seed; nothing here does it.

Each switch names one misfortune that Twilio or the network really hands out, or one forger.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...errors import ConfigurationError
from .wire import StreamFacts

CALLBACKS = frozenset(
    {
        "initiated",
        "ringing",
        "answered",
        "completed",
        "amd",
        "stream-started",
        "stream-stopped",
        "stream-error",
    }
)
"""What the callbacks that can be missing tell; "all" stands for each of them."""
Signature = Literal["valid", "forged", "missing"]


@dataclass(frozen=True)
class Chaos:
    """The switches; by default all is well.

    - `late_callbacks_s`: every callback is held back by up to so much (seeded).
    - `duplicate_callbacks`: each is delivered twice, with the same idempotency token.
    - `reorder_callbacks`: neighbours change places.
    - `missing_callbacks`: events that never arrive (`ringing`, `completed`, `stream-started`, …, or `all`).
    - `drop_socket_at_s`: the socket is cut without a close frame.
    - `stall_ms` without frames every `stall_every_s`, then a burst.
    - `malformed`: names of `MALFORMED`, sent one after another from the first second on.
    - `webhook_copies`: the identical webhook is sent so many times; the line goes on with the last answer.
    - the three signatures: each may be forged or left out.
    """

    seed: int = 0
    late_callbacks_s: float = 0.0
    duplicate_callbacks: bool = False
    reorder_callbacks: bool = False
    missing_callbacks: frozenset[str] = frozenset()
    drop_socket_at_s: float | None = None
    stall_ms: float = 0.0
    stall_every_s: float = 2.0
    malformed: tuple[str, ...] = ()
    webhook_copies: int = 1
    webhook_signature: Signature = "valid"
    socket_signature: Signature = "valid"
    callback_signature: Signature = "valid"

    def __post_init__(self) -> None:
        if unknown := [name for name in self.malformed if name not in MALFORMED]:
            raise ConfigurationError(
                f"there is no malformed message {unknown[0]!r}; there is {', '.join(MALFORMED)}"
            )
        if unknown := sorted(self.missing_callbacks - CALLBACKS - {"all"}):
            raise ConfigurationError(
                f"no callback {unknown[0]!r} is ever sent, to be missing; there is "
                f"{', '.join(sorted(CALLBACKS))}, or all"
            )
        if self.webhook_copies < 1:
            raise ConfigurationError("a webhook is sent at least once: webhook_copies must be 1 or more")


def held_until_s(chaos: Chaos, now_s: float) -> float:
    """Until when the network holds the frames back: `now_s` if it does not; else the end of this period."""
    begun_s = now_s % chaos.stall_every_s
    if begun_s < chaos.stall_every_s - chaos.stall_ms / 1000:
        return now_s
    return now_s - begun_s + chaos.stall_every_s


@dataclass(frozen=True)
class PendingCallback:
    """One callback: what it tells, where it goes, and the idempotency token that all its deliveries share."""

    event: str
    form: Mapping[str, str]
    url: str
    method: str = "POST"
    token: str = ""


@dataclass(frozen=True)
class Delivery:
    """One callback on its way, and how long it is held back."""

    callback: PendingCallback
    delay_s: float = 0.0


class PendingCallbacks:
    """Decides which fired callbacks arrive, in which order and how late."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self._chance = np.random.default_rng(chaos.seed)
        self._held: list[Delivery] = []

    def fire(self, callback: PendingCallback) -> list[Delivery]:
        """Put one callback in; returns what leaves now."""
        chaos = self._chaos
        delay_s = self._chance.uniform(0, chaos.late_callbacks_s)
        if callback.event in chaos.missing_callbacks or "all" in chaos.missing_callbacks:
            return []
        leaving = [Delivery(callback, delay_s)] * (2 if chaos.duplicate_callbacks else 1)
        if not chaos.reorder_callbacks:
            return leaving
        if not self._held:
            self._held = leaving
            return []
        return leaving + self.flush()

    def flush(self) -> list[Delivery]:
        """What is still held back for its neighbour to overtake it."""
        held, self._held = self._held, []
        return held


def _message(event: str, facts: StreamFacts, **fields: object) -> str:
    return json.dumps({"event": event, "sequenceNumber": "900", "streamSid": facts.stream_sid, **fields})


def _media(facts: StreamFacts, **fields: object) -> str:
    return _message("media", facts, media={"track": "inbound", "chunk": "900", "timestamp": "900", **fields})


MALFORMED: Mapping[str, Callable[[StreamFacts], str | bytes]] = {
    "binary": lambda _: b"\x00\xff\x7f" * 40,
    "not-json": lambda _: '{"event":"media","sequ',
    "not-object": lambda _: "[1,2,3]",
    "no-event": lambda facts: json.dumps({"streamSid": facts.stream_sid}),
    "unknown-event": lambda facts: _message("weather", facts, weather={"sky": "blue"}),
    "no-payload": _media,
    "bad-base64": lambda facts: _media(facts, payload="@@@@"),
    "oversize": lambda facts: _media(facts, payload=base64.b64encode(b"\xff" * 60_000).decode()),
    "foreign-start": lambda facts: _message(
        "start",
        facts,
        start={
            "accountSid": facts.account_sid,
            "streamSid": facts.stream_sid,
            "callSid": "CA" + "f" * 32,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {},
        },
    ),
}
"""Messages no healthy Twilio sends. `unknown-event` is to be ignored; the others may end the stream."""


def parse(switches: Sequence[str], seed: int = 0) -> Chaos:
    """Read switches as a person writes them, `NAME` or `NAME=VALUE`. Raises `ConfigurationError`."""
    chaos = Chaos(seed=seed)
    for switch in switches:
        name, _, value = switch.partition("=")
        if name not in SWITCHES:
            raise ConfigurationError(f"there is no chaos {name!r}; there is {', '.join(SWITCHES)}")
        example, turn = SWITCHES[name]
        try:
            chaos = turn(chaos, value)
        except (KeyError, ValueError) as wrong:
            raise ConfigurationError(f"write {example} instead of {switch!r}") from wrong
    return chaos


_PROVED = {"webhook": "webhook_signature", "socket": "socket_signature", "callback": "callback_signature"}


def _no_value(value: str) -> bool:
    if value:
        raise ValueError(value)
    return True


def _signature(chaos: Chaos, what: str, signature: Signature) -> Chaos:
    return replace(chaos, **{_PROVED[what]: signature})


SWITCHES: Mapping[str, tuple[str, Callable[[Chaos, str], Chaos]]] = {
    "late": ("late=SECONDS", lambda c, v: replace(c, late_callbacks_s=float(v))),
    "duplicate": ("duplicate", lambda c, v: replace(c, duplicate_callbacks=_no_value(v))),
    "reorder": ("reorder", lambda c, v: replace(c, reorder_callbacks=_no_value(v))),
    "missing": ("missing=EVENT", lambda c, v: replace(c, missing_callbacks=c.missing_callbacks | {v})),
    "drop": ("drop=SECONDS", lambda c, v: replace(c, drop_socket_at_s=float(v))),
    "stall": ("stall=MS", lambda c, v: replace(c, stall_ms=float(v))),
    "malformed": ("malformed=NAME", lambda c, v: replace(c, malformed=(*c.malformed, v))),
    "copies": ("copies=COUNT", lambda c, v: replace(c, webhook_copies=int(v))),
    "forged": ("forged=webhook, socket or callback", lambda c, v: _signature(c, v, "forged")),
    "unsigned": ("unsigned=webhook, socket or callback", lambda c, v: _signature(c, v, "missing")),
}
"""Switch → how it is written, and what it turns."""
