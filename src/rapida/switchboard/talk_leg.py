"""A browser's end of a call: its leg, and who listens to it.

Beside the sound the leg is told what a page wants to show of the call.

What is told is what followers of all calls are told (`call_on_board.py`), and the agent's words before they
are spoken. In writing there is no sound: its words are read, and the mark behind them is asked for at once.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ..call.lifecycle import CLOSED_IN_ORDER
from ..engine.live import Glimpse, Live, WordsShown
from ..telephony.stream import LegListener, TellingLeg
from .call_on_board import CallOnBoard, State

_encode: Final = msgspec.json.Encoder().encode
_NAMES: Final = {"call.line": "line", "call.tool": "tool", "call.flow": "flow", "call.reply": "reply"}
"""What of the board's events a browser is told, and under which name."""


class TalkLeg:
    """A `Leg`. It follows its call until it is closed."""

    def __init__(self, leg: TellingLeg, live: Live, call: CallOnBoard, *, sound: bool) -> None:
        self._leg = leg
        self._call = call
        self._state: State = call.state
        self.play = leg.play if sound else self._play_nothing
        self.mark = leg.mark
        self.clear = leg.clear
        self._leave = live.watch(self._see)

    def _play_nothing(self, ulaw: bytes, mark: str = "") -> None:
        del ulaw
        if mark:
            self._leg.mark(mark)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the socket and follow the call no longer; further calls do nothing."""
        leave, self._leave = self._leave, _nothing
        leave()
        self._leg.close(code, reason)

    def _see(self, glimpse: Glimpse) -> None:
        if glimpse.conversation_id != self._call.conversation_id:
            return
        if isinstance(glimpse.what, WordsShown):
            self._tell("words", {"text": glimpse.what.text})
        elif (told := self._call.take(glimpse.what)) is not None and told[0] in _NAMES:
            name = _NAMES[told[0]]
            self._tell(name, told[1].get(name, told[1]) if name == "line" else told[1])
        if self._call.state != self._state:
            self._state = self._call.state
            self._tell("state", {"state": self._state})

    def _tell(self, name: str, what: dict[str, Any]) -> None:
        self._leg.tell(_encode({"event": name, name: what}))


class TalkListener:
    """A `LegListener` of a browser, for which a socket that closed in order is a caller who has hung up.

    A carrier says so before, or by a callback; a page that is closed says nothing.
    """

    def __init__(self, listener: LegListener) -> None:
        self._listener = listener
        self.on_start = listener.on_start
        self.on_digit = listener.on_digit
        self.on_text = listener.on_text
        self.on_mark = listener.on_mark
        self.on_stop = listener.on_stop

    def on_media(self, position_ms: int, ulaw: bytes) -> None:
        # Asked anew: one that waits for its providers changes what hears.
        self._listener.on_media(position_ms, ulaw)

    def on_closed(self, code: int) -> None:
        if code in CLOSED_IN_ORDER:
            self._listener.on_stop()
        self._listener.on_closed(code)


def _nothing() -> None:
    """What leaving is when it is done."""
