"""What a model writes besides its answer is not heard, however it was cut into deltas."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapida.text.audible import Audible, audible


def heard_of(*deltas: str, in_thought: bool = False) -> str:
    stream = Audible(in_thought=in_thought)
    parts = [*map(stream.feed, deltas), stream.finish()]
    return reduce(lambda before, part: part.text if part.voids else before + part.text, parts, "")


THOUGHTS = (
    "<think>The caller is impatient. I will be brief.</think>{}",
    "<think>\nOne.\n\nTwo < three.\n</think>\n\n{}",
    "<THINK>a</THINK>{}",
    "<thinking>a</thinking>{}",
    "<thought>a</thought>{}",
    '<think lang="en">a</think>{}',
    "< think >a</ think >{}",
    "<seed:think>a</seed:think>{}",
    "<inner_monologue>a</inner_monologue>{}",
    "<scratchpad>a <b>b</b> c</scratchpad>{}",
    "[THINK]a [b] c[/THINK]{}",
    "◁think▷a◁/think▷{}",
    "<|begin_of_thought|>a<|end_of_thought|>{}",
    "<|START_THINKING|>a<|END_THINKING|>{}",
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    "<think>a</think><think>b</think>{}",
    "a, and b.\n</think>\n\n{}",  # the server's template wrote the first mark
    "a [b]</thinking>{}",
    "{}<think>and then, what else",  # broken off
)
ANSWER = "Sure, which day?"


@pytest.mark.parametrize("written", THOUGHTS)
def test_a_thought_is_not_heard_however_it_is_spelt_and_cut(written: str) -> None:
    text = written.format(ANSWER)
    assert heard_of(text).strip() == ANSWER
    assert heard_of(*text).strip() == ANSWER
    for at in range(len(text)):
        assert heard_of(text[:at], text[at:]).strip() == ANSWER


NOT_FOR_THE_EAR = {
    # calls of tools, and tokens, written as text
    'One moment. <tool_call>{"name": "look"}</tool_call>': "One moment.",
    "Yes.<|im_end|>": "Yes.",
    "Yes.</s>": "Yes.",
    "Yes.<｜end▁of▁sentence｜>": "Yes.",
    # tags
    "<speak>We open <emphasis level='strong'>at</emphasis> nine.</speak>": "We open at nine.",
    'Wait<break time="500ms"/>please.': "Wait please.",
    "<p>Hello.</p><p>Come in.</p>": "Hello. Come in.",
    "One<br>two<br/>three": "One two three",
    "<!-- be kind. --> Good morning.": "Good morning.",
    "<b>bold</b>, H<sub>2</sub>O": "bold, H2O",
    "<laugh> That is funny.": "That is funny.",
    "salt &amp; pepper &lt; sugar": "salt & pepper < sugar",
    # stage directions
    "*smiles* Good morning!": "Good morning!",
    "Good morning! *smiles warmly*": "Good morning!",
    "Well *sighs*, yes.": "Well, yes.",
    "[laughs] That is funny [short pause] indeed.": "That is funny indeed.",
    "(pauses) Let me see. (clears throat)": "Let me see.",
    "[excited] We won! [applause]": "We won!",
    "_chuckles softly_ Right.": "Right.",
    "(in a warm voice) Hello.": "Hello.",
    "*lächelt* Guten Morgen. (lacht)": "Guten Morgen.",
    "[rires] Bonjour. *sourit doucement*": "Bonjour.",
    "(pauses. Then smiles.) Yes.": "Yes.",
    # slots that nobody filled, and the marks of sources
    "Hello {{name}}, welcome.": "Hello, welcome.",
    "Your number is {{ ticket.id }}": "Your number is",
    "We open at nine【4:0†hours.pdf】.": "We open at nine.",
    # pictures
    "😊 What time works for you?": "What time works for you?",
    "Your table is booked ✅ for six.": "Your table is booked for six.",
    "Done 👍🏽.": "Done.",
    "👨‍👩‍👧‍👦 Family plan ❤️": "Family plan",
    "🇩🇪 Berlin": "Berlin",
    "Press 1️⃣ or #️⃣.": "Press 1 or #.",
    "yes😊no": "yes no",
    "Paris → Rome": "Paris Rome",
    "Thanks :) See you ;-)": "Thanks See you",
    "I <3 it": "I it",
    "😊": "",
}
FOR_THE_EAR = (
    "3 < 5 and 7 > 6",
    "if a <b then c> d",
    "x < y",
    "a <",
    "That is *important*.".replace("*", ""),
    "Choose [A] or [B].",
    "Take the small one (it is cheaper).",
    "We treat colds (coughs, sneezes).",
    "Lessons (music) are free.",
    "Ask for the (short) form.",
    "Press * or #.",
    "2 * 3 * 4 = 24",
    "a_b and c_d",
    "write to jane_doe@example.com",
    "A {brace} and a [bracket",
    "It costs 5 € (about $6).",
    "20 °C, © 2026 Acme™, § 5, № 7",
    "می‌خواهم",  # a joiner between letters is spelling
    "クラス【A】",
    "He said: thinking helps.",
    "The ratio is 3:4; see you at 8:30.",
)


@pytest.mark.parametrize("written", NOT_FOR_THE_EAR)
def test_only_the_answer_is_heard(written: str) -> None:
    assert audible(written) == NOT_FOR_THE_EAR[written]


@pytest.mark.parametrize("written", FOR_THE_EAR)
def test_what_only_looks_like_an_aside_is_heard(written: str) -> None:
    assert audible(written) == written


@pytest.mark.parametrize("written", [*NOT_FOR_THE_EAR, *FOR_THE_EAR])
def test_cuts_between_deltas_change_nothing(written: str) -> None:
    whole = heard_of(written)
    assert heard_of(*written) == whole
    for at in range(len(written)):
        assert heard_of(written[:at], written[at:]) == whole


PIECES = st.sampled_from(
    [
        "a", "Hello", " ", " ", ".", ",", "\n", "<", ">", "/", "</", "think", "b", "br", "!--", "-->", "*",
        "**", "_", "[", "]", "(", ")", "smiles", "laughs softly", "{", "{{", "}}", "name", "😊", "️", "‍", "1",
        "<|", "|>", "channel", "message", "final", "analysis", "【", "†", "】", "=", '"', "x='y'", "[/THINK]",
        "<think>", "</think>",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join), st.lists(st.integers(1, 9), min_size=1, max_size=20))
def test_any_text_is_heard_the_same_however_it_is_cut(text: str, sizes: list[int]) -> None:
    deltas: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[len(deltas) % len(sizes)]
        deltas.append(text[at : at + size])
        at += size
    assert heard_of(*deltas) == heard_of(text)


@given(st.text(alphabet="abc XYZ.,!?'\"-123\n", max_size=200))
def test_plain_words_are_heard_as_they_come_and_whole(text: str) -> None:
    assert Audible().feed(text).text == text


def test_a_reply_that_begins_in_a_thought_is_heard_from_its_end_on() -> None:
    assert heard_of("I think. I ", "am.</thi", "nk> Sure.", in_thought=True).strip() == "Sure."


def test_a_reply_expected_to_begin_in_a_thought_is_heard_whole_when_it_has_none() -> None:
    assert heard_of("Sure. ", "Which day?", in_thought=True) == "Sure. Which day?"
    assert heard_of("<think>a</think>Sure.", in_thought=True).strip() == "Sure."


def test_an_end_mark_alone_says_that_what_was_given_is_void() -> None:
    stream = Audible()
    assert stream.feed("He is impatient. ").text == "He is impatient. "
    assert stream.feed("</think> Sure.") == (" Sure.", True)
