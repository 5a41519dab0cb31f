"""The transcript as heard and the model's memory, which is the same truth."""

from __future__ import annotations

from rapida.call import commands as c
from rapida.call import events as e

from .driven_call import GREETING, LONG, DrivenCall, Says, answered, playing


def test_a_call_is_written_down_in_the_order_in_which_it_was_spoken() -> None:
    driven = answered(replies=[Says("We open at nine.")])
    driven.caller_says("when do you open", for_ms=800)
    driven.until_heard("We open")
    assert [(line.speaker, line.text, line.heard, line.cut) for line in driven.transcript] == [
        ("agent", GREETING, GREETING, False),
        ("caller", "when do you open", "", False),
        ("agent", "We open at nine.", "We open at nine.", False),
    ]


def test_a_line_that_was_cut_shows_all_of_it_and_what_was_heard() -> None:
    driven = playing(LONG, for_ms=1000)
    driven.caller_says("and on sunday", for_ms=800)
    driven.until(c.ClearPlayout)
    line = driven.agent_line("We are open")
    assert line.text == LONG
    assert line.cut
    assert line.heard.startswith("We are open from nine")
    assert len(line.heard) < len(LONG) / 2


def test_the_memory_keeps_only_what_was_heard() -> None:
    driven = playing(LONG, for_ms=1000)
    driven.caller_says("and on sunday", for_ms=800)
    driven.until(c.StartReply, 2)
    line = driven.agent_line("We are open")
    message = driven.asked[-1].memory[-2]
    assert (message.role, message.text, message.cut) == ("assistant", line.heard, True)
    assert driven.memory[-1] == ("user", "and on sunday")


def test_what_nobody_heard_is_shown_as_cut_and_not_remembered() -> None:
    driven = answered(replies=[Says("Of course.")])
    driven.caller_says("book a table", for_ms=800)
    driven.until(c.StartSynthesis, 2)
    driven.tell(e.KeyPressed("#"))
    driven.tell(e.HangUpRequested("operator"))
    line = driven.agent_line("Of course.")
    assert (line.heard, line.cut) == ("", True)


def test_an_utterance_cut_behind_its_last_word_is_not_shown_as_cut() -> None:
    driven = playing("Fine.", for_ms=0)
    driven.run(until=lambda: driven.phone.heard_ms >= len(GREETING) * 50 + 240)
    driven.run(9)
    driven.caller_presses("1")
    driven.run(1)
    line = driven.agent_line("Fine.")
    assert line.cut == (line.heard != "Fine.")


def test_a_tools_result_stands_behind_its_request_whenever_it_comes() -> None:
    from rapida.call.abilities import Abilities, ToolFacts

    driven = answered(
        replies=[Says("Let me look at that for you now.", tools=[("look", "{}")]), Says("It is so.")],
        abilities=Abilities(tools={"look": ToolFacts()}),
        tool_ms={"look": 3000},
    )
    driven.caller_says("is it so", for_ms=600)
    driven.until_playing("Let me look", 500)
    driven.caller_says("never mind that now", for_ms=800)
    driven.until(c.StartReply, 2)
    running = driven.asked[-1].memory
    assert [message.role for message in running[-3:]] == ["assistant", "tool", "user"]
    assert running[-2].text == "(this tool is still running)"
    driven.run(4000).caller_says("hello again", for_ms=800)
    driven.until(c.StartReply, 3)
    assert [m.text for m in driven.asked[-1].memory if m.role == "tool"] == ["fine"]
    assert running[-2].call_id == running[-3].tools[0].call_id


def test_a_callers_line_is_amended_where_it_stands() -> None:
    driven = answered(stt_final_ms=100)
    driven.caller_says("book a table", for_ms=800)
    position = driven.position_at(driven.now_ms)
    driven.until_heard("All right.")
    driven.tell(e.TranscriptFinal("for two", position + 600, position + 790))
    assert driven.caller_lines == [("said", "book a table for two")]
    assert [line.speaker for line in driven.transcript] == ["agent", "caller", "agent"]


def test_words_kept_and_words_half_spoken_are_on_record_when_the_caller_hangs_up() -> None:
    driven = answered()
    driven.caller_says("please call me", for_ms=800)
    driven.run(1250)
    driven.tell(e.CarrierStopped())
    assert driven.caller_lines == [("said", "please call me")]
    assert driven.end == "caller_hangup"


def test_an_opening_without_a_greeting_is_a_line_of_its_own() -> None:
    from .driven_call import an_assistant

    driven = DrivenCall(assistant=an_assistant(greeting=""), replies=[Says("Hello, this is the garage.")])
    (asked,) = driven.asked
    assert [(message.role, message.kind) for message in asked.memory] == [("user", "opening")]
    driven.run(500).connect().until_heard("Hello, this")
    assert driven.caller_lines == [("opening", "")]
