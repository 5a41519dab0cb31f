"""What came of a call: everything a test compares and a person reads, and the stereo recording.

The line fills it in; nothing is decided here but whether the call reached its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from ...audio import g711, wav
from .callbacks import CallbackSent
from .faults import Fault
from .fields import Status
from .heard import SILENCE, Gap, Heard
from .loudness import RATE_HZ
from .network import Exchange
from .stream import StreamReport
from .twiml import Dialled

End = Literal[
    "caller hung up",
    "agent hung up",
    "transferred",
    "refused",
    "not answered",
    "canceled",
    "hung up by the API",
    "time limit",
    "stream lost",
    "application error",
]


@dataclass
class CallReport:
    """One call. Times in it are seconds since it began, those of a stream since that stream began.

    `webhooks` holds each request for TwiML and its answer; `callbacks` each delivery in the order they were
    answered; `spoken` what `<Say>` said; `problem` why the caller could not follow the script.
    """

    call_sid: str
    direction: str
    from_number: str
    to_number: str
    status: Status = "queued"
    end: End | None = None
    duration_s: float = 0.0
    webhooks: list[Exchange] = field(default_factory=list[Exchange])
    callbacks: list[CallbackSent] = field(default_factory=list[CallbackSent])
    streams: list[StreamReport] = field(default_factory=list[StreamReport])
    faults: list[Fault] = field(default_factory=list[Fault])
    spoken: list[str] = field(default_factory=list[str])
    played: list[str] = field(default_factory=list[str])
    dialled: list[Dialled] = field(default_factory=list[Dialled])
    answered_by: str = ""
    keys: str = ""
    """The keys that the callee was sent (`SendDigits`)."""
    problem: str = ""

    @property
    def heard(self) -> Heard:
        """What was heard on the first stream; silence if there was none."""
        return self.streams[0].heard if self.streams else Heard()

    @property
    def gaps(self) -> list[Gap]:
        """Holes in what the agent said on the first stream, but for pauses in which the caller acts."""
        acts = [act.starts_s for stream in self.streams[:1] for act in stream.said]
        return [
            gap
            for gap in self.heard.gaps()
            if not any(gap.at_s <= at_s <= gap.at_s + gap.ms / 1000 for at_s in acts)
        ]

    @property
    def twiml(self) -> list[str]:
        """The documents the webhooks answered."""
        return [webhook.body.decode("utf-8", "replace") for webhook in self.webhooks]

    @property
    def errors(self) -> list[Fault]:
        return [fault for fault in self.faults if not fault.warning]

    @property
    def warnings(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.warning]

    @property
    def failure(self) -> str:
        """Why the call did not reach its end, in a sentence; empty if it did."""
        if self.problem:
            return self.problem
        if self.errors:
            return str(self.errors[0])
        if self.status != "completed" or not self.streams:
            said = f'; the caller was told "{" ".join(self.spoken)}"' if self.spoken else ""
            return f"the call ended {self.status} ({self.end}) without a conversation{said}"
        if self.end not in ("caller hung up", "agent hung up", "transferred"):
            return f"the call ended early: {self.end}"
        unfinished = self.streams[-1].unfinished
        return f"{self.end} while the caller still wanted to: {unfinished}" if unfinished else ""

    @property
    def reached_end(self) -> bool:
        return not self.failure

    def lines(self) -> list[str]:
        """The end report for people."""
        heard = self.heard
        gaps, repeats = self.gaps, heard.repeats()
        marks = f"{sum(not mark.cleared for mark in heard.marks)} played, "
        marks += f"{sum(mark.cleared for mark in heard.marks)} cleared"
        statuses = ", ".join(
            f"{sent.event} {sent.status or sent.exchange.failure}" for sent in self.callbacks
        )
        found = [
            f"call      {self.call_sid} {self.from_number} → {self.to_number} ({self.direction})",
            f"end       {self.status}, {self.end}, after {self.duration_s:.1f} s",
            f"heard     {len(heard.sound) / RATE_HZ:.1f} s of sound in {heard.length_s:.1f} s of stream",
            f"gaps      {_milliseconds([gap.ms for gap in gaps])}",
            f"repeated  {_milliseconds([repeat.ms for repeat in repeats])}",
            f"marks     {marks}; {len(heard.clears)} clear",
            f"callbacks {statuses or 'none'}",
        ]
        found += [f"fault     {fault}" for fault in self.faults]
        return found + ([f"failed    {self.failure}"] if self.failure else [])


def record(stream: StreamReport, path: Path) -> None:
    """Write one stream as a stereo WAV, 16 bit 8 kHz: left what the caller said, right what was heard."""
    caller = SILENCE * round(stream.spoken_from_s * RATE_HZ) + stream.spoken
    agent = stream.heard.ulaw
    length = max(len(caller), len(agent))
    left, right = (
        g711.decode_block(sound + SILENCE * (length - len(sound))).astype("<i2") for sound in (caller, agent)
    )
    form = wav.Format(channels=2, rate_hz=RATE_HZ, encoding="pcm16")
    samples = np.stack((left, right), axis=1).tobytes()
    path.write_bytes(wav.header(form, len(samples)) + samples)


def _milliseconds(all_ms: list[float]) -> str:
    if not all_ms:
        return "none"
    return f"{len(all_ms)}, {sum(all_ms):.0f} ms in all, the longest {max(all_ms):.0f} ms"
