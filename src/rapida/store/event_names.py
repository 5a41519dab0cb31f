"""The name and the detail by which the API shows what happened, and by which it was kept before it had kinds.

Rows of an earlier version, and outcomes that one left behind as files, are read through `from_named`. A kind
that came later has no row in `FORMS`: it is shown by its kind and its fields.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple, cast, get_args, get_type_hints

import msgspec

from ..call.happenings import KINDS, Happening, OtherHappening, kind_of

LIST = ", "


class _Form(NamedTuple):
    """How one kind is named. `{field}` is a field's value; without a detail, the other fields are it."""

    kind: str
    name: str
    detail: str | None


FORMS = (
    _Form("providers_not_ready", "providers_failed", "{reason}"),
    _Form("tool_failed", "tool_failed", "{tool}"),
    _Form("provider_failed", "{family}_failed", "{reason}"),
    _Form("reply_cut_short", "reply_cut_short", "{reason}"),
    _Form("tool_answered", "tool", "{tool}"),
    _Form("variables_missing", "variables_missing", "{names}"),
    _Form("barge_in", "barge_in", "{by}"),
    _Form("false_barge_in", "went_on", "what had stopped the agent had no words of its own"),
    _Form("noise_discounted", "noise", "{voice_ms} ms of voice without a word"),
    _Form("caller_pressed_key", "key", "{key}"),
    _Form("status_learned", "status", "{status}"),
    _Form("left_to_carrier", "left_to_carrier", "{text}"),
    _Form("call_broken", "internal_error", "{error}"),
    _Form("stream_refused", "stream_refused", None),
    _Form("carrier_reported", "carrier_{about}", None),
    _Form("end_unreported", "unreported", None),
    _Form("dial_failed", "dial_{end}", None),
)
"""The kinds that a name has stood for, a narrower name before a wider one."""

_BY_KIND = {form.kind: form for form in FORMS}


def named(happening: Happening) -> tuple[str, dict[str, Any]]:
    """The name and the detail of what happened."""
    if isinstance(happening, OtherHappening):
        return happening.name, happening.detail
    facts = {name: getattr(happening, name) for name in happening.__struct_fields__}
    kind = kind_of(type(happening))
    form = _BY_KIND.get(kind)
    if form is not None and form.detail is not None:
        words = {name: _words(value) for name, value in facts.items()}
        return form.name.format_map(words), {"detail": form.detail.format_map(words)}
    said: dict[str, Any] = msgspec.to_builtins(happening)
    name = kind if form is None else form.name
    in_name = {"kind", *re.findall(r"{(\w+)}", name)}
    return name.format_map(facts), {key: value for key, value in said.items() if key not in in_name}


def known_names() -> list[str]:
    """Every name that an event of this version may have."""
    found: list[str] = []
    for each in KINDS:
        kind = kind_of(each)
        form = _BY_KIND.get(kind)
        if form is None:
            found.append(kind)
            continue
        hints = get_type_hints(each)
        choices = {field: get_args(hints[field]) for field in re.findall(r"{(\w+)}", form.name)}
        for values in itertools.product(*choices.values()):
            found.append(form.name.format(**dict(zip(choices, values, strict=True))))
    return list(dict.fromkeys(found))


def from_named(name: str, detail: Mapping[str, Any]) -> Happening:
    """What happened, from its name and detail; `OtherHappening` where no kind holds all that they say."""
    for form in FORMS:
        facts = _fields(form.name, name)
        if facts is None:
            continue
        more = detail if form.detail is None else _fields(form.detail, detail.get("detail"))
        if more is not None:
            facts.update(more)
            if isinstance(facts.get("names"), str):
                facts["names"] = facts["names"].split(LIST)
            with suppress(msgspec.ValidationError):
                happening = msgspec.convert({**facts, "kind": form.kind}, Happening, strict=False)
                if named(happening) == (name, detail):
                    return happening
    return OtherHappening(name, dict(detail))


def _words(value: Any) -> Any:
    return LIST.join(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value


def _fields(form: str, text: object) -> dict[str, Any] | None:
    """The values of a form's fields in a text; None when the text has another form."""
    if not isinstance(text, str):
        return None
    found = _pattern(form).fullmatch(text)
    return None if found is None else found.groupdict()


@cache
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(form)), re.DOTALL)
