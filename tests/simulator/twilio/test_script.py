"""Scripts from YAML: what they mean, and what is said about the wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapida.errors import ConfigurationError
from rapida.simulator.twilio.script import (
    AfterAgent,
    At,
    Cough,
    HangUp,
    Keys,
    Nothing,
    PlayWav,
    Say,
    Script,
    Step,
    Tone,
    Wait,
    WhileAgent,
    load,
    parse,
)


def test_every_kind_of_step_is_read(tmp_path: Path) -> None:
    (tmp_path / "hello.wav").write_bytes(b"")
    (tmp_path / "front.yaml").write_text(
        """
name: front desk
noise_dbfs: -60
limit_s: 90
steps:
  - {after_agent: true, say: Book a table}
  - {after_agent: 900, keys: "12w#", patience_s: 5}
  - {while_agent: 800, cough: 250}
  - {at: 12.5, wav: hello.wav}
  - {wait: 2, tone: {hz: 300}}
  - {wait: 1}
  - hang_up
"""
    )
    assert load(tmp_path / "front.yaml") == Script(
        (
            Step(AfterAgent(), Say("Book a table")),
            Step(AfterAgent(900), Keys("12w#"), patience_s=5),
            Step(WhileAgent(800), Cough(250)),
            Step(At(12.5), PlayWav(tmp_path / "hello.wav")),
            Step(Wait(2), Tone(300, 500)),
            Step(Wait(1), Nothing()),
            Step(Wait(), HangUp()),
        ),
        name="front desk",
        noise_dbfs=-60,
        limit_s=90,
    )


WRONG = {
    "steps: [": "no YAML",
    "[]": "a mapping with a list called `steps`",
    "steps: []": "at least one step",
    "stesp: [hang_up]": "no field 'stesp'",
    "steps: [say hello]": "step 1 must be a mapping",
    "steps: [hang_up, {shout: hello}]": "step 2 has 'shout'",
    "steps: [{at: 1, wait: 2, say: a}]": "both at and wait: choose one",
    "steps: [{say: a, keys: '1'}]": "both say and keys: choose one",
    "steps: [{patience_s: 3}]": "neither when nor what",
    "steps: [{keys: 012}]": "must be in quotes",
    "steps: [{keys: 12x}]": "may hold 0–9",
    "steps: [{at: soon, say: a}]": "at must be a number",
    "steps: [{at: -1, say: a}]": "at least 0",
    "steps: [{wav: nowhere.wav}]": "there is no file nowhere.wav",
    "steps: [{say: ''}]": "must be a text",
    "steps: [{tone: 300}]": "must be true or {hz: 440, ms: 500}",
}


@pytest.mark.parametrize(("written", "said"), WRONG.items())
def test_a_wrong_script_is_refused_with_what_is_wrong(written: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse(written)
    assert said in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.yaml cannot be read"):
        load(tmp_path / "nothing.yaml")
