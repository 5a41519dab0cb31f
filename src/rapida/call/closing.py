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

from typing import Literal

from .commands import CloseStream, CompleteCall, EndReason, LetCarrierSay, Transfer
from .desk import Desk
from .playout import Playout, Utterance
from .timers import Timer

TAIL_US = 400_000
GRACE_US = 3_000_000
WORDLESS_US = 3_000_000
"""How long sounds without a word put the hang-up off: music on hold would do so for ever."""
UNSHOWN_US = 10_000_000
"""The same where the STT shows no words before the caller has finished speaking."""
LINE_US = 5_000_000
TRANSFER_US = 15_000_000
"""More than the shell takes to answer (`engine.runner`: 12 s): for an answer that never comes."""


class Closing:
    """The planned end of the call, if any."""

    def __init__(self, desk: Desk, playout: Playout) -> None:
        self._desk = desk
        self._playout = playout
        self._utterance: Utterance | None = None
        self._to = ""
        self._faded_us = 0
        """When the tail began."""
        self.reason: EndReason | None = None
        self.ordered = False
        """The close or transfer has been ordered: only a transfer refused leads back."""
        self.transfer: Literal["none", "asked", "answered"] = "none"
        """Whether the carrier was asked to hand the caller over, and still owes its answer."""
        self.left_to_carrier = False
        """The carrier was asked to say the goodbye."""

    @property
    def planned(self) -> bool:
        return self.reason is not None

    @property
    def forced(self) -> bool:
        """The end is not the conversation's: speaking does not put it off."""
        return self.ordered or self.reason in {"max_duration", "provider_failure"}

    def plan(self, reason: EndReason, utterance: Utterance | None, to: str = "") -> None:
        """End the call for `reason` once `utterance`, or else what was said last, is heard."""
        self._desk.timers.cancel(Timer.TAIL)  # an earlier goodbye's: this one is to be heard too
        queue = self._playout.queue
        self.reason = reason
        self._utterance = utterance or (queue[-1] if queue else None)
        self._to = to
        if self._utterance is None:
            self._fade(0)
        else:
            self.rebound()

    def rebound(self) -> None:
        """Bound the wait for the goodbye's last mark by what is left of everything queued up to it."""
        if self._utterance is None or self.ordered:
            return
        left_ms = sum(utterance.remaining_ms() for utterance in self._playout.queue)
        current = self._playout.current
        lead_us = max(0, current.ends_at_us - self._desk.now) if current is not None else 0
        self._desk.timers.set(Timer.GOODBYE, self._desk.now + lead_us + left_ms * 1000 + GRACE_US)

    def lose_voice(self, utterance: Utterance) -> None:
        """The goodbye will not be heard, or no more of it: wait for nothing."""
        self.reason = self.reason or "provider_failure"
        self._utterance = utterance
        self._desk.timers.cancel(Timer.GOODBYE)
        self._fade(0)

    def heard(self, utterance: Utterance) -> None:
        """An utterance was heard to its end; if it was the goodbye, only the tail is left."""
        if utterance is self._utterance:
            self._desk.timers.cancel(Timer.GOODBYE)
            self._fade(TAIL_US)

    def _fade(self, tail_us: int) -> None:
        self._faded_us = self._desk.now
        self._desk.timers.set(Timer.TAIL, self._desk.now + tail_us)

    def put_off(self, *, worded: bool) -> bool:
        """Let a caller who makes a sound finish, if there are words in it or it is not long yet."""
        patience_us = WORDLESS_US if self._desk.abilities.interims else UNSHOWN_US
        if self.forced or not (worded or self._desk.now - self._faded_us < patience_us):
            return False
        self._desk.timers.set(Timer.TAIL, self._desk.now + TAIL_US)
        return True

    def call_off(self) -> None:
        """The caller took the floor: go on talking."""
        if self.planned and not self.ordered and not self.forced:
            self.reason = None
            self._utterance = None
            self._desk.timers.cancel(Timer.TAIL)
            self._desk.timers.cancel(Timer.GOODBYE)

    def carry_out(self, reason: EndReason | None = None) -> None:
        """Order the end now. With a `reason` of its own it goes before a transfer still unanswered."""
        if self.ordered and (reason is None or self.transfer != "asked"):
            return
        self.reason = reason or self.reason
        self.ordered = True
        self._desk.timers.clear()
        if self.reason == "transfer":
            self.transfer = "asked"
            self._desk.order(Transfer(self._to))
            self._desk.timers.set(Timer.TRANSFER, self._desk.now + TRANSFER_US)
        else:
            self.transfer = "none"
            unsaid = "" if reason else self._unsaid
            self.left_to_carrier = bool(unsaid)
            self._desk.order(LetCarrierSay(unsaid) if unsaid else CloseStream())
            self._await_line()

    @property
    def _unsaid(self) -> str:
        """The goodbye, if none of it has been sent."""
        goodbye = self._utterance
        return goodbye.text if goodbye is not None and goodbye.began_us is None else ""

    def silent(self) -> None:
        """The carrier does not say the goodbye either: there is nothing left but to hang up."""
        self._desk.order(CloseStream())
        self._await_line()

    def _await_line(self) -> None:
        self._desk.timers.set(Timer.LINE, self._desk.now + LINE_US)

    def handed_over(self) -> None:
        """The carrier agrees to the transfer."""
        self.transfer = "answered"
        self._desk.timers.clear()
        self._await_line()

    def refused(self) -> None:
        """The carrier refuses the transfer, or does not answer: nothing is ordered or planned any more."""
        self.transfer = "answered"
        self._desk.timers.cancel(Timer.TRANSFER)
        self.ordered = False
        self.reason = None

    def insist(self) -> None:
        """The line has not gone in time: hang up by REST, unless the carrier has handed the caller over."""
        if self.reason != "transfer":
            self._desk.order(CompleteCall())
