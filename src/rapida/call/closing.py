"""Saying goodbye: the hang-up waits for the ear, and for a caller who is not finished.

A hang-up is planned behind the utterance that says goodbye, and carried out when its last mark has come back
and a short tail has passed; if marks stay away, after the goodbye's remaining duration and three seconds.
Until then a confirmed barge-in cancels it. After the order to close, the carrier has five seconds to show
that the line is gone; then it is told by REST.

A transfer is planned and ordered in the same way, but the carrier may take its time to answer the order, or
refuse: only when it has agreed do the five seconds begin, and then nobody hangs up on a caller who is being
connected. A refusal takes the order back.

Where the agent's voice is gone or stuck, the carrier is asked to say the goodbye in its own, which ends the
stream. A goodbye of which anything was heard is not said again.
"""

from __future__ import annotations

from .commands import CloseStream, CompleteCall, EndReason, LetCarrierSay, Transfer
from .playout import Playout, Utterance
from .shared import Shared
from .states import CLOSING, ClosingState, Machine
from .timers import Timer

TAIL_US = 400_000
"""From the goodbye's last mark on. The carrier echoes it before the sound has crossed the network to the
ear, and a caller who has one more thing to say begins in the 200 to 300 ms in which people take turns."""
GRACE_US = 3_000_000
"""More than `playout.MARK_GRACE_US`, by which a goodbye whose last mark is lost is taken as heard: this is
for one that does not sound at all."""
WORDLESS_US = 3_000_000
"""How long sounds without a word put the hang-up off: music on hold would do so for ever."""
UNSHOWN_US = 10_000_000
"""The same where the STT shows no words before the caller has finished speaking."""
HANG_UP_US = 5_000_000
"""A carrier that closes its stream says so in a round trip. Each second more is paid for by the minute, and
the request that ends the call is harmless where the call is over already."""
TRANSFER_US = 15_000_000
"""More than the shell takes to answer (`engine.runner`: 12 s): for an answer that never comes."""
FORCED: frozenset[EndReason] = frozenset({"max_duration", "provider_failure"})
"""Ends that are not the conversation's: speaking does not put them off."""
ORDERED: frozenset[ClosingState] = frozenset({"transferring", "handed over", "carrier speaks", "hanging up"})
FINAL: frozenset[ClosingState] = frozenset({"forced", *ORDERED})


class Closing:
    """The planned end of the call, if any."""

    def __init__(self, shared: Shared, playout: Playout) -> None:
        self._shared = shared
        self._playout = playout
        self._utterance: Utterance | None = None
        self._to = ""
        self._faded_us = 0
        """When the tail began."""
        self._end = Machine(CLOSING)
        self.reason: EndReason | None = None
        self.transfer_asked = False
        """The carrier was asked to hand the caller over: an answer may be stale, but is not strange."""

    @property
    def state(self) -> ClosingState:
        return self._end.state

    @property
    def planned(self) -> bool:
        return self._end.state != "unplanned"

    @property
    def ordered(self) -> bool:
        """The hang-up or the transfer has been ordered."""
        return self._end.state in ORDERED

    @property
    def final(self) -> bool:
        """Nothing the caller says puts the end off."""
        return self._end.state in FINAL

    def plan(self, reason: EndReason, utterance: Utterance | None, to: str = "") -> None:
        """End the call for `reason` once `utterance`, or else what was said last, is heard."""
        self._shared.timers.cancel(Timer.TAIL)  # an earlier goodbye's: this one is to be heard too
        queue = self._playout.queue
        self._end.step("force" if reason in FORCED else "plan")
        self.reason = reason
        self._utterance = utterance or (queue[-1] if queue else None)
        self._to = to
        if self._utterance is None:
            self._fade(0)
        else:
            self._bound()

    def rebound(self) -> None:
        """What is left to be heard before the goodbye's last mark has changed."""
        if self._end.may("goodbye over"):
            self._bound()

    def _bound(self) -> None:
        """Bound the wait for the goodbye's last mark by what is left of everything queued up to it."""
        left_ms = sum(utterance.remaining_ms() for utterance in self._playout.queue)
        current = self._playout.current
        lead_us = max(0, current.ends_at_us - self._shared.now) if current is not None else 0
        self._shared.timers.set(Timer.GOODBYE, self._shared.now + lead_us + left_ms * 1000 + GRACE_US)

    def lose_voice(self, utterance: Utterance) -> None:
        """The goodbye will not be heard, or no more of it: wait for nothing."""
        if not self.planned:
            self._end.step("force")
            self.reason = "provider_failure"
        self._utterance = utterance
        self._shared.timers.cancel(Timer.GOODBYE)
        self._fade(0)

    def heard(self, utterance: Utterance) -> None:
        """An utterance was heard to its end; if it was the goodbye, only the tail is left."""
        if utterance is self._utterance:
            self._shared.timers.cancel(Timer.GOODBYE)
            self._fade(TAIL_US)

    def _fade(self, tail_us: int) -> None:
        self._end.step("goodbye over")
        self._faded_us = self._shared.now
        self._shared.timers.set(Timer.TAIL, self._shared.now + tail_us)

    def put_off(self, *, worded: bool) -> bool:
        """Let a caller who makes a sound finish, if there are words in it or it is not long yet."""
        longest_us = WORDLESS_US if self._shared.abilities.interims else UNSHOWN_US
        if self.final or not (worded or self._shared.now - self._faded_us < longest_us):
            return False
        self._shared.timers.set(Timer.TAIL, self._shared.now + TAIL_US)
        return True

    def call_off(self) -> None:
        """The caller took the floor: go on talking."""
        if self._end.may("call off"):
            self._end.step("call off")
            self.reason = None
            self._utterance = None
            self._shared.timers.cancel(Timer.TAIL)
            self._shared.timers.cancel(Timer.GOODBYE)

    def carry_out(self, reason: EndReason | None = None) -> None:
        """Order the end now. With a `reason` of its own it goes before a transfer still unanswered."""
        if self.ordered and (reason is None or self.state != "transferring"):
            return
        self.reason = reason or self.reason
        unsaid = "" if reason else self._unsaid
        self._shared.timers.clear()
        if self.reason == "transfer":
            self._end.step("order transfer")
            self.transfer_asked = True
            self._shared.order(Transfer(self._to))
            self._shared.timers.set(Timer.TRANSFER, self._shared.now + TRANSFER_US)
        elif unsaid:
            self._end.step("leave to carrier")
            self._shared.order(LetCarrierSay(unsaid))
            self._await_end()
        else:
            self._end.step("order hang-up")
            self._close_stream()

    def _close_stream(self) -> None:
        self._shared.order(CloseStream())
        self._await_end()

    @property
    def _unsaid(self) -> str:
        """The goodbye, if none of it has been sent."""
        goodbye = self._utterance
        return goodbye.text if goodbye is not None and goodbye.began_us is None else ""

    def silent(self) -> None:
        """The carrier does not say the goodbye either: there is nothing left but to hang up."""
        self._end.step("carrier silent")
        self._close_stream()

    def _await_end(self) -> None:
        self._shared.timers.set(Timer.HANG_UP, self._shared.now + HANG_UP_US)

    def handed_over(self) -> None:
        """The carrier agrees to the transfer."""
        self._end.step("carrier agrees")
        self._shared.timers.clear()
        self._await_end()

    def refused(self) -> None:
        """The carrier refuses the transfer, or does not answer: nothing is ordered or planned any more."""
        self._end.step("carrier refuses")
        self._shared.timers.cancel(Timer.TRANSFER)
        self.reason = None

    def insist(self) -> None:
        """The line has not gone in time: hang up by REST, unless the carrier has handed the caller over."""
        if self.state != "handed over":
            self._shared.order(CompleteCall())
