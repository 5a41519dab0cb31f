"""What is said before the call can listen is told to it afterwards, in order, and then nothing is kept."""

from __future__ import annotations

from rapida.engine.early_listener import EarlyListener
from rapida.telephony.stream import LegListener, StreamStart
from tests.telephony.listening import Heard

START = StreamStart("MZ1", "CA1", "AC1")


def everything(listener: LegListener) -> None:
    listener.on_start(START)
    listener.on_media(100, b"\x01" * 160)
    listener.on_digit("5")
    listener.on_mark("one")
    listener.on_stop()
    listener.on_closed(1000)


def test_what_came_early_is_told_in_order_and_the_rest_is_passed_on() -> None:
    expected, met = Heard(), Heard()
    everything(expected)
    everything(expected)
    early = EarlyListener()
    everything(early)
    assert met.told == []
    early.hand_over(met)
    everything(early)
    assert met.told == expected.told
