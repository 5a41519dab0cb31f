"""The caller's side: when there was voice, what was made of it, and the keys."""

from __future__ import annotations

from dataclasses import dataclass

from ..call import commands as c
from ..call import events as e
from .axis import Axis
from .shapes import Key, Mute, Span, SpokenLine


@dataclass
class _Line:
    """A line of the caller, and the stretch of sound that it was made of, if it was."""

    order: c.RecordEntry
    sound: Span | None


class CallerTrack:
    """Told everything in order; then asked for its lines, its voice, its keys and its mutes."""

    def __init__(self, axis: Axis) -> None:
        self._axis = axis
        self._lines: dict[int, _Line] = {}
        self._asked: Span | None = None
        """The sound that was to be transcribed and that no line has yet."""
        self._worded: Span | None = None
        """The part of it of which words came: a cough before them is not where they stand."""
        self._typed: Span | None = None
        """The keys that no line has yet."""
        self._rose_ms: int | None = None
        self.speech: list[Span] = []
        self.keys: list[Key] = []
        self.mutes: list[Mute] = []

    def event(self, at_us: int, event: e.Event) -> None:
        match event:
            case e.VoiceRose(at_ms):
                self._rose_ms = at_ms
            case e.VoiceFell(at_ms) if self._rose_ms is not None:
                self.speech.append(Span(self._rose_ms, max(at_ms, self._rose_ms)))
                self._rose_ms = None
            case e.TranscriptFinal(text, start_ms, end_ms) if text:
                self._worded = _joined(self._worded, Span(start_ms, end_ms))
            case e.KeyPressed(key):
                at_ms = self._axis.ms(at_us)
                self.keys.append(Key(at_ms, key))
                self._typed = _joined(self._typed, Span(at_ms, at_ms))
            case _:
                pass

    def command(self, at_us: int, order: c.Command) -> None:
        match order:
            case c.FinishTranscription(start_ms=start_ms, end_ms=end_ms):
                self._asked = _joined(self._asked, Span(start_ms, end_ms))
            case c.RecordEntry(entry=entry) if entry.speaker == "caller":
                self._write(order)
            case c.CollectSensitive():
                self.mutes.append(Mute(self._axis.ms(at_us), None, None))
            case c.JudgeDigits() if self.mutes:
                self.mutes[-1] = Mute(self.mutes[-1].start_ms, self._axis.ms(at_us), None)
            case c.StopCollecting() | c.ReleaseKeys() if self.mutes and self.mutes[-1].end_ms is None:
                last = self.mutes[-1]
                self.mutes[-1] = Mute(last.start_ms, last.judged_ms, self._axis.ms(at_us))
            case _:
                pass

    def end(self, until_us: int) -> None:
        """Nothing follows: a voice that has not fallen lasts until here."""
        if self._rose_ms is not None:
            self.speech.append(Span(self._rose_ms, max(self._rose_ms, self._axis.ms(until_us))))
            self._rose_ms = None

    def lines(self) -> list[SpokenLine]:
        return [
            SpokenLine(
                id=line.order.entry_id,
                turn_id=line.order.turn_id,
                speaker="caller",
                kind=line.order.entry.kind,
                text=line.order.entry.text,
                heard=line.order.entry.text,
                cut=False,
                start_ms=line.sound.start_ms if line.sound else None,
                end_ms=line.sound.end_ms if line.sound else None,
            )
            for line in self._lines.values()
        ]

    def _write(self, order: c.RecordEntry) -> None:
        """A line takes what has been heard, or typed, since the one before; amended, also what came late."""
        sound: Span | None = None
        if order.entry.kind == "keys":
            sound, self._typed = self._typed, None
        elif order.entry.kind not in {"opening", "idle"}:
            sound, self._asked, self._worded = self._worded or self._asked, None, None
        before = self._lines.get(order.entry_id)
        if before and before.sound:
            sound = _joined(sound, before.sound)
        self._lines[order.entry_id] = _Line(order, sound)


def _joined(one: Span | None, other: Span) -> Span:
    if one is None:
        return other
    return Span(min(one.start_ms, other.start_ms), max(one.end_ms, other.end_ms))
