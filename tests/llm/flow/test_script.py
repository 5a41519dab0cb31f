import pytest

from rapida.errors import ConfigurationError
from rapida.llm.flow.script import Rule, read


def mistakes(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(text, "front.yaml")
    return str(caught.value)


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    script = read("states: {a: {say: yes, next: {yes: a, no: a}}, b: {say: 0123, end: true}}", "f")
    assert script.states["a"].say == "yes"
    assert script.states["a"].next == {"yes": "a", "no": "a"}
    assert script.states["b"].say == "0123"
    assert script.states["b"].end is True


def test_the_first_state_is_the_one_written_first_unless_start_names_another() -> None:
    assert read("states: {z: {end: true}, a: {end: true}}", "f").first == "z"
    assert read("{start: a, states: {z: {end: true}, a: {end: true}}}", "f").first == "a"


def test_next_may_be_a_name_a_mapping_of_answers_or_rules() -> None:
    text = """
        states:
          a: {say: x, next: b}
          b: {ask: {slot: s, kind: yes_no, question: q}, next: {"yes": a, else: b}}
          c: {say: x, next: [{when: s, is: [u, v], goto: a}, {when: s, is: w, goto: b}, {goto: c}]}
    """
    states = read(text, "f").states
    assert states["a"].rules == (Rule("b"),)
    assert states["b"].rules == (Rule("a", "s", "yes"), Rule("b"))
    assert [rule.wanted for rule in states["c"].rules] == [("u", "v"), ("w",), ()]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no YAML mapping"),
        ("states: {}", "no states"),
        ("states: [a]", "no states"),
        ("states: {a: {say: x", "line 1"),
        ("states: {a: &x {say: *y}}", "line 1"),
        ("states: {a: {say: \0}}", "it is not YAML: unacceptable character #x0000"),
        ("states: {a: {say: x}, a: {say: y}}", "'a' stands here twice"),
        ("states: {[a]: {say: x}}", "plain text"),
        ("states: {A b: {say: x}}", "lower-case"),
        ("states: {a: hello}", "state 'a': here belongs a mapping of say, ask"),
        ("states: {a: {goto: b}}", "no field 'goto'"),
        ("states: {a: {nxt: b}}", "did you mean 'next'?"),
        ("{state: x, states: {a: {end: true}}}", "top level: there is no field 'state'"),
        (
            "states: {a: {ask: {slot: s, kind: choise, question: q}}}",
            "field 'ask.kind': write one of yes_no, choice",
        ),
        ("states: {a: {ask: {slot: s, kind: free}}}", "field 'ask': missing required field `question`"),
        ("states: {a: {ask: {slot: s, kind: free, question: q, retrys: 2}}}", "did you mean 'retries'?"),
        ("states: {a: {ask: {slot: s, kind: free, question: q, retries: two}}}", "'ask.retries'"),
        (
            "states: {a: {ask: {slot: s, kind: choice, question: q, choices: {x: [y]}}}}",
            "choice 'x': here belongs",
        ),
        ("states: {a: {ask: {slot: s, kind: choice, question: q, choices: {x: {phrase: y}}}}}", "'phrases'?"),
        ("states: {a: {say: x, next: [{wen: s, goto: a}]}}", "next number 1: there is no field 'wen'"),
        ("states: {a: {end: perhaps}}", "field 'end'"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_write(text: str, told: str) -> None:
    wrong = mistakes(text)
    assert told in wrong
    assert wrong.startswith("flow front.yaml")


def test_all_mistakes_are_told_at_once() -> None:
    wrong = mistakes("states: {a: {sag: x}, b: {ende: true}}")
    assert "has 2 problems" in wrong
    assert "state 'a'" in wrong
    assert "state 'b'" in wrong


def test_no_object_is_built_from_a_flow() -> None:
    wrong = mistakes("states: {a: {say: !!python/object/apply:os.getcwd []}}")
    assert "front.yaml" in wrong
