"""A journal gives back exactly what was put in, and never costs the call anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from rapida.assistant import Assistant, Provider
from rapida.call import commands, events
from rapida.call.abilities import ToolFacts
from rapida.errors import JournalError
from rapida.telemetry import journal
from rapida.telemetry.journal import Head, JournalWriter, read

ASSISTANT = Assistant(
    id=1,
    version=2,
    name="front desk",
    stt=Provider("scripted"),
    llm=Provider("flow", {"path": "front_desk"}),
    tts=Provider("tone", credential_id=7),
    variables={"shop": "Rapida"},
)
HEAD = Head(
    conversation_id=4711,
    code_version="0.1.0",
    assistant=ASSISTANT,
    zone="Europe/Vienna",
    started_at="2025-01-02T03:04:05.678901Z",
)
QUESTION = events.Question(kind="digits", max_digits=16, sensitive=True, check="luhn")
WRITTEN: list[tuple[int, events.Event | commands.Command]] = [
    (0, events.Connected()),
    (1, commands.CollectSensitive(collection_id=1, question=QUESTION)),
    (20_000, events.VoiceRose(at_ms=120, level_db=-31.5)),
    (40_000, events.SynthesisEnded(3, 900, (events.WordTiming("hello", 0, 400),))),
    (
        60_000,
        commands.StartReply(
            reply_id=1,
            turn_id=1,
            memory=(
                commands.Message("user", "“höre” \u2028 \x7f"),
                commands.Message("assistant", "", tools=(commands.ToolRequest("c1", "clock", "{}"),)),
            ),
        ),
    ),
    (70_000, commands.EndCall("agent_hangup")),
]


def sample(of: inspect.Type) -> Any:
    """Some value of a type, with every field given."""
    match of:
        case inspect.StructType():
            return of.cls(*(sample(field.type) for field in of.fields))
        case inspect.VarTupleType():
            return (sample(of.item_type),)
        case inspect.UnionType():
            return sample(of.types[0])
        case inspect.LiteralType():
            return of.values[-1]
        case inspect.IntType():
            return 3
        case inspect.FloatType():
            return 0.5
        case inspect.BoolType():
            return True
        case _:
            assert isinstance(of, inspect.StrType)
            return "ö"


@pytest.fixture
def writer() -> Iterator[JournalWriter]:
    made = JournalWriter(write_every_s=0.001)
    made.start()
    yield made
    made.close()


def put(into: journal.Journal, entries: list[tuple[int, events.Event | commands.Command]]) -> None:
    for t_us, value in entries:
        if isinstance(value, events.Event):
            into.append_event(t_us, value)
        else:
            into.append_command(t_us, value)


def test_what_is_written_comes_back_typed_and_in_order(writer: JournalWriter, tmp_path: Path) -> None:
    made = writer.open(tmp_path / "deep" / "4711.jsonl", HEAD)
    put(made, WRITTEN)
    made.close()
    writer.close()
    found = read(made.path)
    assert found.head == HEAD
    assert list(found.entries) == WRITTEN
    assert not found.torn
    assert not found.cut
    assert [*found.events, *found.commands] == sorted(
        WRITTEN, key=lambda entry: isinstance(entry[1], commands.Command)
    )


def test_every_event_and_command_there_is_can_be_read_back(writer: JournalWriter, tmp_path: Path) -> None:
    kinds = [
        kind
        for module, root in ((events, events.Event), (commands, commands.Command))
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, root) and kind is not root
    ]
    values = [sample(inspect.type_info(kind)) for kind in kinds]
    assert len(values) > 40
    made = writer.open(tmp_path / "all.jsonl", HEAD)
    put(made, [(number, value) for number, value in enumerate(values)])
    writer.close()
    assert [value for _, value in read(made.path).entries] == values


def test_journals_of_many_calls_do_not_mix(writer: JournalWriter, tmp_path: Path) -> None:
    open_ones = [writer.open(tmp_path / f"{call}.jsonl", HEAD) for call in range(20)]
    for t_us in range(50):
        for call, made in enumerate(open_ones):
            made.append_event(t_us, events.KeyPressed(str(call)))
    writer.close()
    for call, made in enumerate(open_ones):
        assert list(read(made.path).events) == [(t_us, events.KeyPressed(str(call))) for t_us in range(50)]


def test_noting_touches_no_file(tmp_path: Path) -> None:
    writer = JournalWriter()  # not started: whatever happens now happens on the caller's thread
    made = writer.open(tmp_path / "no" / "x.jsonl", HEAD)
    put(made, WRITTEN)
    made.close()
    assert writer.backlog == len(WRITTEN) + 2
    assert list(tmp_path.iterdir()) == []


def test_a_half_written_last_line_is_left_out(writer: JournalWriter, tmp_path: Path) -> None:
    made = writer.open(tmp_path / "x.jsonl", HEAD)
    put(made, WRITTEN)
    made.close()
    writer.close()
    whole = made.path.read_bytes()
    for lost in range(1, len(whole.splitlines()[-1]) + 1):
        made.path.write_bytes(whole[:-lost])
        found = read(made.path)
        assert list(found.entries) == WRITTEN[:-1]
        assert found.torn


def test_a_full_queue_cuts_that_journal_and_says_so(tmp_path: Path) -> None:
    writer = JournalWriter(backlog_limit=4)
    made = writer.open(tmp_path / "x.jsonl", HEAD)
    for t_us in range(10):
        made.append_event(t_us, events.TimerDue())
    assert made.cut
    assert writer.backlog == 5  # the head, three events, and the note that the rest is lost
    made.close()
    writer.start()
    writer.close()
    found = read(made.path)
    assert found.cut
    assert [t_us for t_us, _ in found.entries] == [0, 1, 2]


def test_a_journal_that_was_cut_stays_cut_when_the_disk_has_caught_up(tmp_path: Path) -> None:
    writer = JournalWriter(backlog_limit=2, write_every_s=0.001)
    made = writer.open(tmp_path / "x.jsonl", HEAD)
    for t_us in range(3):
        made.append_event(t_us, events.TimerDue())
    writer.start()
    writer.close()
    made.append_event(4, events.TimerDue())
    assert writer.backlog == 0


def test_a_disk_that_refuses_costs_one_journal_and_no_other(writer: JournalWriter, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")
    lost = writer.open(tmp_path / "blocked" / "x.jsonl", HEAD)
    kept = writer.open(tmp_path / "kept.jsonl", HEAD)
    for made in (lost, kept):
        put(made, WRITTEN)
        made.close()
    writer.close()
    assert list(read(kept.path).entries) == WRITTEN
    assert writer.backlog == 0


def test_half_a_character_cuts_its_journal_there_and_leaves_all_others_whole(
    writer: JournalWriter, tmp_path: Path
) -> None:
    odd, kept = writer.open(tmp_path / "odd.jsonl", HEAD), writer.open(tmp_path / "kept.jsonl", HEAD)
    put(odd, [(0, events.Connected()), (1, events.KeyPressed("\ud83d")), (2, events.TimerDue())])
    put(kept, WRITTEN)
    odd.close()
    kept.close()
    writer.close()
    assert list(read(kept.path).entries) == WRITTEN
    found = read(odd.path)
    assert (list(found.entries), found.cut) == ([(0, events.Connected())], True)


def test_nothing_stands_behind_the_note_that_a_journal_was_cut(tmp_path: Path) -> None:
    writer = JournalWriter()
    odd = writer.open(tmp_path / "odd.jsonl", HEAD)
    many = [(2, events.TimerDue())] * 1000
    put(
        odd,
        [(0, events.Connected()), (1, events.KeyPressed("\ud83d")), *many, (3, events.KeyPressed("\ud83d"))],
    )
    odd.close()
    writer.start()
    writer.close()
    _, *lines = odd.path.read_text().splitlines()
    assert [json.loads(line)[1] for line in lines] == ["e", "x"]


def test_a_head_that_json_cannot_hold_costs_its_journal_only(writer: JournalWriter, tmp_path: Path) -> None:
    odd = writer.open(tmp_path / "odd.jsonl", msgspec.structs.replace(HEAD, zone="\ud83d"))
    kept = writer.open(tmp_path / "kept.jsonl", HEAD)
    for made in (odd, kept):
        put(made, WRITTEN)
        made.close()
    writer.close()
    assert list(read(kept.path).entries) == WRITTEN
    assert not odd.path.exists()


def test_a_journal_nobody_closed_is_whole_when_the_writer_ends(writer: JournalWriter, tmp_path: Path) -> None:
    made = writer.open(tmp_path / "x.jsonl", HEAD)
    put(made, WRITTEN)
    writer.close()
    assert list(read(made.path).entries) == WRITTEN


def test_only_its_owner_may_read_a_journal(writer: JournalWriter, tmp_path: Path) -> None:
    made = writer.open(tmp_path / "x.jsonl", HEAD)
    writer.close()
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_sensitive_digits_stand_in_a_journal_only_as_tokens(writer: JournalWriter, tmp_path: Path) -> None:
    made = writer.open(tmp_path / "x.jsonl", HEAD)
    for position in range(16):
        made.append_event(position, events.KeyPressed(f"digit#{position + 1}"))
    made.append_event(16, events.KeyPressed("terminator"))
    made.append_event(17, events.DigitsJudged(1, valid=True))
    writer.close()
    lines = made.path.read_text(encoding="utf-8").splitlines()
    assert lines[1] == '[0,"e",{"type":"KeyPressed","key":"digit#1"}]'
    assert lines[17] == '[16,"e",{"type":"KeyPressed","key":"terminator"}]'
    assert lines[18] == '[17,"e",{"type":"DigitsJudged","collection_id":1,"valid":true}]'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "its first line is no journal head"),
        ("RIFF....WAVE\n", "its first line is no journal head"),
        ("HEAD-OF-NEXT-FORMAT\n", "its format is 4, this version reads 1 to 3"),
        ('HEAD\n[0,"e",{"type":"Renamed"}]\n', "line 2 is not of this version"),
        ('HEAD\n[0,"e",{"type":"TimerDue"}]\n[1,"?",{}]\n', "line 3 is not of this version"),
    ],
)
def test_what_is_no_journal_of_this_version_is_refused_with_the_reason(
    tmp_path: Path, text: str, problem: str
) -> None:
    encode = journal.msgspec.json.encode
    newer = journal.msgspec.structs.replace(HEAD, format=4)
    text = text.replace("HEAD-OF-NEXT-FORMAT", encode(newer).decode()).replace("HEAD", encode(HEAD).decode())
    path = tmp_path / "x.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(JournalError) as refused:
        read(path)
    assert problem in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_journal_that_says_more_than_this_version_knows_is_read(tmp_path: Path) -> None:
    """Earlier versions wrote of every tool whether it has side effects."""
    head = msgspec.json.encode(HEAD).replace(
        b'"tools":{}', b'"tools":{"look":{"side_effects":true,"deadline_ms":7}}'
    )
    (tmp_path / "1.jsonl").write_bytes(head + b"\n")
    assert read(tmp_path / "1.jsonl").head.abilities.tools == {"look": ToolFacts(deadline_ms=7)}


def test_a_missing_journal_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"gone\.jsonl: No such file"):
        read(tmp_path / "gone.jsonl")


def test_a_head_older_than_an_option_is_read_as_its_call_was_held(tmp_path: Path) -> None:
    head = msgspec.to_builtins(HEAD)
    for option in ("hesitation_ms", "unbroken_ms"):
        del head["assistant"]["turn"][option]
    path = tmp_path / "old.jsonl"
    path.write_bytes(msgspec.json.encode(head) + b"\n")
    turn = read(path).head.assistant.turn
    assert turn.hesitation_ms == 0
    assert turn.unbroken_ms >= 86_400_000
    assert turn.silence_ms == HEAD.assistant.turn.silence_ms
