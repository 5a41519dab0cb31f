import pytest

from rapida.errors import ConfigurationError
from rapida.llm.flow.brain import parse

ASK = "ask: {slot: s, kind: yes_no, question: q}"
CHOICE = (
    "ask: {slot: s, kind: choice, question: q, choices: {one: {phrases: [first]}, two: {phrases: [second]}}}"
)
BYE = "bye: {end: true}"


def flow(*states: str, top: str = "failed: bye") -> str:
    lines = "\n".join(f"  {state}" for state in (*states, BYE))
    return f"{top}\nstates:\n{lines}"


@pytest.mark.parametrize(
    "text",
    [
        flow(f"a: {{{ASK}, next: bye}}"),
        flow(f'a: {{{ASK}, next: {{"yes": a, "no": bye}}}}'),
        flow(f"a: {{{CHOICE}, next: {{one: a, else: bye}}}}"),
        flow(f"a: {{{ASK}, failed: bye, next: [{{when: s, is: 'yes', goto: a}}, {{goto: bye}}]}}", top=""),
        flow("a: {tool: {name: t, save: s}, next: [{when: s, goto: bye}, {goto: bye}]}"),
    ],
)
def test_a_flow_that_holds_together_is_taken(text: str) -> None:
    assert parse(text).states


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (flow("a: {say: x, next: by}"), "state 'a': next: there is no state 'by'; did you mean 'bye'?"),
        (flow("a: {say: x, next: zzz}"), "there is no state 'zzz'; there is a, bye"),
        (flow("a: {say: x, next: bye}", top="start: b"), "start: there is no state 'b'"),
        (flow("a: {say: x, next: bye}", top="anywhere: {c: [x]}"), "anywhere: there is no state 'c'"),
        (flow("a: {say: x, next: bye}", top="anywhere: {bye: []}"), "anywhere: write the phrases"),
        (flow("a: {say: x, next: bye}", top="failed: c"), "failed: there is no state 'c'"),
        (
            flow("a: {ask: {slot: s, kind: date, question: q, anytime: true, corrected: bey}, next: bye}"),
            "ask.corrected: there is no state 'bey'; did you mean 'bye'?",
        ),
        (
            flow("a: {ask: {slot: s, kind: date, question: q, corrected: bye}, next: bye}"),
            "ask.corrected needs `anytime: true`",
        ),
        (
            flow("a: {ask: {slot: s, kind: digits, max_digits: 3, question: q, anytime: true}, next: bye}"),
            "ask.anytime belongs to choice, date, time, number, name, not to digits",
        ),
        (
            flow("a: {ask: {slot: s, kind: date, question: q, most: 5}, next: bye}"),
            "ask.most belongs to `kind: number`, not to date",
        ),
        (
            flow("a: {ask: {slot: s, kind: number, question: q, least: 5, most: 2}, next: bye}"),
            "ask.most: write the largest number",
        ),
        (
            flow("a: {ask: {slot: s, kind: time, question: q, earliest: 8.30}, next: bye}"),
            "ask.earliest: write hours and minutes, as 08:30 or 14:00, not '8.30'",
        ),
        (
            flow(
                "a: {ask: {slot: s, kind: time, question: q, earliest: '18:00', latest: '08:00'}, next: bye}"
            ),
            "ask.latest: write a time that is not before `earliest`",
        ),
        (flow(f"a: {{{ASK}, next: bye, forget: [t]}}"), "forget: no state fills a slot 't'"),
        (
            flow(f"a: {{{ASK}, next: bye}}", top="failed: bye\ncorrected: 'Now {{{{valeu}}}}.'"),
            "corrected: {{valeu}} is neither the value nor a variable; did you mean 'value'?",
        ),
        (flow(f"a: {{{ASK}, next: bye, failed: d}}"), "failed: there is no state 'd'"),
        (flow("a: {ask: {slot: s, kind: phone, region: us, question: q}, next: bye}"), "two capitals"),
        (flow("a: {say: x}"), "where to go on? Write `next: <state>`"),
        (flow("a: {next: bye}"), "it does nothing"),
        (flow(f"a: {{{ASK}, end: true}}"), "it does ask and end"),
        (flow("a: {end: true, next: bye}"), "nothing follows"),
        (flow("a: {transfer: 0415 555}"), "nobody can be called at '0415 555'"),
        (flow("a: {ask: {slot: s, kind: phone, question: q, terminator: x}, next: bye}"), "write a key"),
        (flow("a: {ask: {slot: s, kind: phone, question: q, silence_ms: -1}, next: bye}"), "milliseconds"),
        (flow("a: {say: x, failed: bye, next: bye}"), "`failed` belongs to"),
        (flow(f"a: {{{ASK}, next: bye}}", top=""), "Write `failed: <state>` here, or once at the top"),
        (flow(f'a: {{{ASK}, next: {{"yes": bye}}}}'), "say where to go otherwise"),
        (flow(f"a: {{{CHOICE}, next: {{one: bye}}}}"), "say where to go otherwise"),
        (flow(f"a: {{{CHOICE}, next: {{one: bye, three: bye, else: bye}}}}"), "'s' can not become 'three'"),
        (flow("a: {say: x, next: {one: bye}}"), "needs a state that asks"),
        (flow(f"a: {{{ASK}, next: [{{goto: bye}}, {{when: s, goto: a}}]}}"), "can never be met"),
        (flow(f"a: {{{ASK}, next: [{{when: t, goto: a}}, {{goto: bye}}]}}"), "no state fills a slot 't'"),
        (flow("a: {say: 'Hi {{nme}}', next: bye}", top="variables: {name: Ada}"), "did you mean 'name'?"),
        (flow("a: {say: 'Hi {{the name}}', next: bye}"), "write {{name}} with the name"),
        (flow("a: {tool: {name: t, arguments: {x: '{{y}}'}}, next: bye}"), "{{y}} is neither"),
        (
            flow(f"a: {{{ASK}, next: bye}}", top="failed: bye\nvariables: {s: x}"),
            "both a variable and a slot",
        ),
        (flow("a: {say: x, next: bye}", top="variables: {A B: x}"), "the name 'A B'"),
        (flow("a: {say: x, next: bye}", "lost: {say: x, next: bye}"), "state 'lost': nothing leads here"),
        (flow("a: {say: x, next: b}", "b: {say: x, next: a}"), "without a question on the way"),
        (flow("a: {tool: {name: t}, next: bye, failed: a}"), "without a question on the way"),
    ],
)
def test_what_does_not_hold_together_is_told_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "f")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        ("kind: free, question: ' '", "question is empty"),
        ("kind: free, question: q, retries: 11", "from 0 to 10"),
        ("kind: choice, question: q", "write the answers"),
        ("kind: choice, question: q, choices: {a: {phrases: []}}", "at least one phrase"),
        ("kind: choice, question: q, choices: {a: {phrases: [x], key: '12'}}", "a key is one of"),
        ("kind: choice, question: q, choices: {a: {phrases: [X]}, b: {phrases: [x]}}", "'x' belongs to two"),
        (
            "kind: choice, question: q, choices: {a: {phrases: [x], key: '1'}, b: {phrases: [y], key: '1'}}",
            "'1' belongs to two",
        ),
        ("kind: free, question: q, choices: {a: {phrases: [x]}}", "belong to `kind: choice`"),
        ("kind: digits, question: q", "how many digits"),
        ("kind: digits, question: q, min_digits: 5, max_digits: 4", "not below min_digits"),
        ("kind: digits, question: q, max_digits: 40", "1 to 32"),
        ("kind: date, question: q, max_digits: 4", "belong to `kind: digits`"),
        ("kind: digits, question: q, max_digits: 4, sensitive: true, confirm: ok", "never read back"),
        (
            "kind: digits, question: q, max_digits: 4, sensitive: true, reprompts: ['{{s}}']",
            "never in speech",
        ),
    ],
)
def test_a_question_that_can_not_be_asked_is_told(ask: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(flow(f"a: {{ask: {{slot: s, {ask}}}, next: bye}}"), "f")
    assert told in str(caught.value)


def test_sensitive_digits_may_go_to_a_tool_but_decide_nothing() -> None:
    ask = "ask: {slot: s, kind: digits, question: q, max_digits: 4, sensitive: true}"
    tool = "t: {tool: {name: pay, arguments: {card: '{{s}}'}}, next: bye}"
    assert parse(flow(f"a: {{{ask}, next: t}}", tool))
    with pytest.raises(ConfigurationError, match="nobody but a tool"):
        parse(flow(f"a: {{{ask}, next: [{{when: s, is: '1', goto: t}}, {{goto: bye}}]}}", tool))
