"""The names and details of events: those that clients know stay, and nothing that was kept is lost."""

from __future__ import annotations

from typing import Any

import pytest

from rapida.call import happenings as h
from rapida.call.happenings import KINDS, Happening, kind_of
from rapida.store.event_names import FORMS, from_named, known_names, named
from tests.call.test_happenings import example

KNOWN: list[tuple[str, dict[str, Any], Happening]] = [
    ("providers_failed", {"detail": "no key"}, h.ProvidersNotReady("no key")),
    ("llm_failed", {"detail": "it broke\noff"}, h.ProviderFailed("llm", "it broke\noff")),
    ("turn_end_failed", {"detail": "away"}, h.ProviderFailed("turn_end", "away")),
    ("reply_cut_short", {"detail": "length"}, h.ReplyCutShort("length")),
    ("tool", {"detail": "book"}, h.ToolAnswered("book")),
    ("tool_failed", {"detail": "book"}, h.ToolFailed("book")),
    ("variables_missing", {"detail": "role, name"}, h.VariablesMissing(("role", "name"))),
    ("barge_in", {"detail": "words"}, h.BargeIn("words")),
    ("went_on", {"detail": "what had stopped the agent had no words of its own"}, h.FalseBargeIn()),
    ("noise", {"detail": "900 ms of voice without a word"}, h.NoiseDiscounted(900)),
    ("key", {"detail": "1"}, h.CallerPressedKey("1")),
    ("status", {"detail": "completed"}, h.StatusLearned("completed")),
    ("left_to_carrier", {"detail": "Sorry {name}."}, h.LeftToCarrier("Sorry {name}.")),
    ("internal_error", {"detail": "KeyError"}, h.CallBroken("KeyError")),
    ("stream_refused", {"reason": "no proof"}, h.StreamRefused("no proof")),
    ("carrier_call", {"status": "ringing", "sequence": 0}, h.CarrierReported("call", "ringing", sequence=0)),
    ("carrier_machine", {"answered_by": "human"}, h.CarrierReported("machine", answered_by="human")),
    ("unreported", {"status": "busy", "url": "u", "reason": "r"}, h.EndUnreported("busy", "u", "r")),
    ("dial_operator_hangup", {"reason": "r"}, h.DialFailed("operator_hangup", "r")),
]


@pytest.mark.parametrize(("name", "detail", "happening"), KNOWN, ids=[each[0] for each in KNOWN])
def test_a_name_and_a_detail_stand_for_one_kind_both_ways(
    name: str, detail: dict[str, Any], happening: Happening
) -> None:
    assert from_named(name, detail) == happening
    assert named(happening) == (name, detail)


def test_every_form_is_tried() -> None:
    assert {kind_of(type(happening)) for _, _, happening in KNOWN} == {form.kind for form in FORMS}


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("failover", {"from": "a"}),
        ("went_on", {"detail": "for another reason"}),
        ("noise", {"detail": "0900 ms of voice without a word"}),
        ("barge_in", {}),
        ("barge_in", {"detail": "shouting"}),
        ("barge_in", {"detail": "key", "more": 1}),
        ("carrier_call", {"status": "ringing", "colour": "red"}),
        ("carrier_fax", {"status": "ringing"}),
        ("dial_refused", {}),
        ("{family}_failed", {"detail": "{reason}"}),
    ],
)
def test_what_no_kind_holds_wholly_is_kept_and_shown_as_it_was(name: str, detail: dict[str, Any]) -> None:
    assert from_named(name, detail) == h.OtherHappening(name, detail)
    assert named(h.OtherHappening(name, detail)) == (name, detail)


@pytest.mark.parametrize("kind", KINDS, ids=kind_of)
def test_every_kind_has_a_name_and_a_detail(kind: type[Happening]) -> None:
    name, detail = named(example(kind))
    assert name
    assert "kind" not in detail
    if kind not in (h.OtherHappening, h.FalseBargeIn):
        assert "{" not in name


def test_a_kind_that_came_later_is_named_by_its_kind_with_its_fields() -> None:
    assert named(h.TransferAsked("+1555")) == ("transfer_asked", {"to": "+1555"})
    assert named(h.TransferAgreed()) == ("transfer_agreed", {})


def test_every_name_that_a_kind_can_have_is_known() -> None:
    names = known_names()
    assert len(names) == len(set(names))
    assert {"stt_failed", "carrier_recording", "dial_refused"} <= set(names)
    assert not [name for name in names if "{" in name]
    assert {name for name, _, _ in KNOWN} <= set(names)
