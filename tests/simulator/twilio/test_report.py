"""What a report concludes, and the recording it leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from rapida.audio import g711, wav
from rapida.simulator.twilio import sounds
from rapida.simulator.twilio.caller import Said
from rapida.simulator.twilio.faults import Fault
from rapida.simulator.twilio.heard import Heard, Piece
from rapida.simulator.twilio.report import CallReport, record
from rapida.simulator.twilio.stream import StreamReport
from rapida.simulator.twilio.wire import StreamFacts

SPOKEN = sounds.tone(300, 200)
AGENT = sounds.tone(700, 100)


def stream(unfinished: str = "") -> StreamReport:
    return StreamReport(
        facts=StreamFacts("AC1", "CA1", "MZ1"),
        heard=Heard((Piece(4000, AGENT),), (), (), 1.0),
        said=(),
        spoken=SPOKEN,
        spoken_from_s=0.1,
        frames_sent=10,
        messages=(1, 0, 0),
        faults=(),
        problem="",
        unfinished=unfinished,
    )


def report(**fields: object) -> CallReport:
    made = CallReport(
        "CA1", "inbound", "+1", "+2", status="completed", end="agent hung up", streams=[stream()]
    )
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_a_call_reaches_its_end_only_when_nothing_failed() -> None:
    assert report().reached_end
    assert report(problem="heard nothing").failure == "heard nothing"
    assert "31921" in report(faults=[Fault(31921, "gone")]).failure
    assert report(faults=[Fault(31951, "odd", warning=True)]).reached_end
    assert "no-answer" in report(status="no-answer", end="not answered").failure
    assert report(end="time limit").failure == "the call ended early: time limit"
    assert "press 1" in report(streams=[stream("press 1")]).failure
    assert not report(streams=[]).reached_end


def test_the_printed_report_tells_the_end_and_the_failure() -> None:
    lines = report(problem="heard nothing").lines()
    assert lines[1].startswith("end       completed, agent hung up")
    assert lines[-1] == "failed    heard nothing"


def test_the_recording_has_the_caller_left_and_what_was_heard_right_each_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    record(stream(), path)
    sound = wav.read(path.read_bytes())
    assert sound.format == wav.Format(channels=2, rate_hz=8000)
    left, right = np.frombuffer(sound.data, "<i2").reshape(-1, 2).T
    assert len(left) == 8000
    assert np.array_equal(left[800:2400], g711.decode_block(SPOKEN))
    assert np.array_equal(right[4000:4800], g711.decode_block(AGENT))
    assert not left[:800].any()
    assert not right[:4000].any()


def test_a_pause_in_which_the_caller_acts_is_no_gap_in_the_agents_speech() -> None:
    pieces = (Piece(800, AGENT), Piece(4000, AGENT), Piece(7200, AGENT))
    (first, second) = Heard(pieces, (), (), 1.0).gaps()
    pressed = Said("presses 2", first.at_s + 0.1, first.at_s + 0.2)
    heard = replace(stream(), heard=Heard(pieces, (), (), 1.0), said=(pressed,))
    assert report(streams=[heard]).gaps == [second]
    assert f"gaps      1, {second.ms:.0f} ms in all" in "\n".join(report(streams=[heard]).lines())
