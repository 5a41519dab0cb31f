"""What the synthesiser and the wire tell of the agent's sound: begun, ended, failed, sent, echoed by a mark.

Decides what becomes of an utterance whose voice fails: a second try, an apology, or the carrier's own voice
for the last sentence. What of it has been heard is counted in `playout.py`.
"""

from __future__ import annotations

from .agent import AgentSide
from .events import (
    MarkReturned,
    SoundSent,
    SynthesisBegan,
    SynthesisEnded,
    SynthesisFailed,
    SynthesisProgressed,
)
from .playout import Segment, Utterance
from .shared import Shared


class Speech:
    """The agent's utterances between the synthesiser and the phone."""

    def __init__(self, shared: Shared, agent: AgentSide) -> None:
        self._shared = shared
        self._agent = agent
        self._playout = agent.playout

    # The synthesiser

    def synthesis_began(self, event: SynthesisBegan) -> None:
        if (found := self._playout.segment(event.segment_id)) is not None:
            utterance, segment = found
            segment.began_us = self._shared.now
            if utterance.purpose == "reply":
                self._agent.passed("sound")
            self._playout.synthesis_alive(segment)

    def synthesis_progressed(self, event: SynthesisProgressed) -> None:
        if (found := self._playout.segment(event.segment_id)) is not None:
            self._playout.synthesis_alive(found[1])

    def synthesis_ended(self, event: SynthesisEnded) -> None:
        if (found := self._playout.segment(event.segment_id)) is not None:
            self._playout.synthesis_ended(*found, event.duration_ms, event.words)
            self._agent.closing.rebound()

    def synthesis_failed(self, event: SynthesisFailed) -> None:
        if (found := self._playout.segment(event.segment_id)) is not None:
            self._lose_segment(*found, retryable=event.retryable)

    def synthesis_late(self) -> None:
        """The voice is silent. Where two waits were in vain, the caller does not wait for its apology too."""
        if (found := self._playout.oldest_in_work()) is None:
            return
        utterance, segment = found
        mute = segment.retried and segment.began_us is None
        self._lose_segment(utterance, segment, retryable=True)
        if mute and self._playout.queue:
            self._lose_voice(self._playout.queue[-1])

    def _lose_segment(self, utterance: Utterance, segment: Segment, *, retryable: bool) -> None:
        """Try once more, unless some of it may have been heard already."""
        if retryable and not segment.retried and segment.began_us is None:
            self._playout.synthesise_again(utterance, segment)
        else:
            self._lose_voice(utterance)

    def _lose_voice(self, utterance: Utterance) -> None:
        """The voice failed for good. If it cannot even say the last sentence, that is left to the carrier."""
        if utterance.purpose == "goodbye":
            self._agent.cut()
            self._agent.closing.lose_voice(utterance)
        else:
            self._agent.apologise()

    # The wire

    def sent(self, event: SoundSent) -> bool:
        """Sound went out. True if it is the first frame of its utterance."""
        utterance = self._playout.find(event.utterance_id)
        return utterance is not None and self._went_out(utterance, event)

    def _went_out(self, utterance: Utterance, event: SoundSent | MarkReturned) -> bool:
        first = self._playout.sent(utterance, event.sent_ms, event.ends_at_us)
        if first and utterance.purpose == "reply":
            self._agent.passed("frame")
        return first

    def marked(self, event: MarkReturned) -> bool:
        """A mark came back. True if it tells of its utterance's first frame before `SoundSent` does."""
        utterance = self._playout.find(event.utterance_id)
        if event.generation != self._playout.generation or utterance is None:
            return False
        first = event.sent_ms > utterance.sent_ms and self._went_out(utterance, event)
        self._playout.marked(utterance, event.position_ms, event.at_us)
        if utterance.purpose == "reply":
            self._agent.passed("mark")
            self._agent.write_stages()
        return first
