"""The call's own life: it is connected, it may last too long, it ends once.

Decides for what reason a call ends, and what the carrier's word for it means: a stop, a closed socket, a
status, silence, an answer to a transfer. How our side says goodbye first is decided in `closing.py`.
"""

from __future__ import annotations

from ..errors import IllegalEvent
from .agent import AgentSide
from .caller import CallerSide
from .commands import EndCall, EndReason
from .events import (
    CarrierClosed,
    CarrierSilent,
    Connected,
    HangUpRequested,
    SoundReached,
    SoundStalled,
    SoundStarted,
    StatusReported,
    TransferAccepted,
    TransferFailed,
)
from .shared import Shared
from .timers import Timer

LOST_US = 2_000_000
"""How long after a socket that the carrier closed a terminal status may still explain it: a report sent
with the close comes within a round trip or two, and meanwhile the call only waits."""
CLOSED_IN_ORDER = frozenset({1000, 1001, 1005})
"""Close codes that say nothing of a fault (RFC 6455 §7.4.1): a caller may have hung up."""
CUT_OFF = 1006
"""No close frame came: the socket, or the way to it, broke."""
DEAD_US = 30_000_000
"""No sound at all for this long, from the start on: the way to the carrier broke, and nobody could say so.
A stream carries silence too; radio holes and handovers of a mobile caller are over in seconds."""
STATUS_ENDS: dict[str, EndReason] = {"completed": "caller_hangup", "stream-stopped": "caller_hangup"}


class Lifecycle:
    """Where the call stands between ringing and ended."""

    def __init__(self, shared: Shared, agent: AgentSide, caller: CallerSide) -> None:
        self._shared = shared
        self._agent = agent
        self._caller = caller
        self._closing = agent.closing
        self._waiting_for_callee = False

    # The line

    def connected(self, event: Connected) -> None:
        if not self._shared.life.may("stream starts"):
            raise IllegalEvent(event, self._shared.life.state)
        self._shared.life.step("stream starts")
        shared, assistant = self._shared, self._shared.assistant
        limit_us = int(assistant.max_duration_s * 1_000_000)
        shared.timers.set(Timer.LIMIT, shared.now + limit_us)
        if shared.abilities.sends_sound:
            shared.timers.set(Timer.DEAD, shared.now + DEAD_US)
        if assistant.warning_message and 0 < assistant.warning_before_s < assistant.max_duration_s:
            shared.timers.set(
                Timer.WARNING, shared.now + limit_us - int(assistant.warning_before_s * 1_000_000)
            )
        if shared.abilities.direction == "outbound":
            self._waiting_for_callee = True
            self._caller.await_callee()
            shared.timers.set(Timer.OUTBOUND, shared.now + assistant.hello_wait_ms * 1000)
        else:
            self._agent.go_on()

    def callee_overdue(self) -> None:
        self._caller.callee_overdue()
        self.callee_waited_for()

    def callee_waited_for(self) -> None:
        if self._waiting_for_callee:
            self._waiting_for_callee = False
            self._shared.timers.cancel(Timer.OUTBOUND)
            self._agent.go_on()

    def stopped(self) -> None:
        self._end("caller_hangup")

    def closed(self, event: CarrierClosed) -> None:
        """The socket is gone without the carrier's `stop`, which a caller's hang-up would have sent before.

        After a fault no status explains it: the carrier ends the call because its stream is lost, and reports
        `completed` as of any other.
        """
        if self._shared.life.state == "closing":
            return
        if event.code in CLOSED_IN_ORDER:
            self._shared.timers.set(Timer.LOST, self._shared.now + LOST_US)
        else:
            self._end("stream_lost" if event.code == CUT_OFF else "carrier_failure")

    def status(self, event: StatusReported) -> None:
        self._end(STATUS_ENDS.get(event.status, "carrier_failure"))

    def hang_up_requested(self, event: HangUpRequested) -> None:
        self._carry_out("operator_hangup" if event.by == "operator" else "drained")

    def shell_failed(self) -> None:
        self._carry_out("internal_error")

    def _carry_out(self, reason: EndReason | None = None) -> None:
        """Stop talking and order the line closed."""
        self._agent.cut()
        self._closing.carry_out(reason)
        if self._closing.state != "transferring":
            self._shared.life.step("we hang up")

    def transfer_answered(self, event: TransferAccepted | TransferFailed) -> None:
        if not self._closing.transfer_asked:
            raise IllegalEvent(event, "no transfer was ordered")
        if self._closing.state != "transferring":
            return
        if isinstance(event, TransferAccepted):
            self._closing.handed_over()
            self._shared.life.step("we hang up")
        else:
            self.transfer_lost()

    def transfer_lost(self) -> None:
        """The caller was not handed over, and we have nothing else to say: apologise, and end."""
        self._closing.refused()
        self._agent.apologise()

    def carrier_silent(self, event: CarrierSilent) -> None:
        if self._closing.state != "carrier speaks":
            raise IllegalEvent(event, "the carrier was not asked to say anything")
        self._closing.silent()

    def tail_over(self) -> None:
        """The goodbye has faded; a caller who is speaking just now is let finish first."""
        caller = self._caller
        if not (caller.has_turn and self._closing.put_off(worded=caller.has_words)):
            self._carry_out()

    def goodbye_overdue(self) -> None:
        """Nobody waits for a goodbye that was held back: when it goes on, its time is bounded anew."""
        if not self._agent.playout.held:
            self._carry_out()

    def hang_up_overdue(self) -> None:
        self._closing.insist()
        self._end("agent_hangup")

    def unexplained(self) -> None:
        self._end("carrier_failure")

    def fell_silent(self) -> None:
        self._end("stream_lost")

    def _end(self, seen: EndReason) -> None:
        """The line is gone. If we had ordered that, ours is the reason, else what was seen."""
        ours = self._closing.reason if self._closing.ordered else None
        self._caller.stop()
        self._agent.cut()
        self._agent.write_stages()
        self._shared.life.step("line goes")
        self._shared.timers.clear()
        self._shared.order(EndCall(ours or seen))

    # Too long

    def warn(self) -> None:
        if not self._closing.planned:
            self._agent.say(self._shared.assistant.warning_message, "warning", "never")

    def limit(self) -> None:
        if not self._closing.final:
            self._agent.cut()
            self._agent.end_with("max_duration", self._shared.assistant.duration_goodbye, "never")

    # Sound

    def sound(self, event: SoundStarted | SoundReached) -> None:
        self._shared.sound.arrived(event.position_ms, self._shared.now)
        self._shared.timers.cancel(Timer.DEAD)

    def stalled(self, event: SoundStalled) -> None:
        self._shared.sound.arrived(event.position_ms, self._shared.now)
        self._shared.sound.stalled = True
        if not self._shared.timers.is_set(Timer.DEAD):
            self._shared.timers.set(Timer.DEAD, self._shared.now + DEAD_US)
