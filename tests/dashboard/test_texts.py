"""Every word stands in one catalogue, and every value that the API may answer with has its sentence there."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any, get_args

from rapida.call.happenings import KINDS, kind_of
from rapida.store import conversations, intents
from rapida.store.users import ROLES
from rapida.telemetry.metrics import END_REASONS
from rapida.telephony.webhooks import TERMINAL
from rapida.timeline.shapes import Rule, Verdict

SOURCES = Path(__file__).resolve().parents[2] / "dashboard" / "src"
TEXTS: dict[str, Any] = json.loads((SOURCES / "texts" / "en.json").read_text("utf-8"))
WRITTEN_LATER = {"server_lost"}
"""How a call ended that nobody of its own server could write down."""
DEED = re.compile(
    r"call\.create"
    r"|(api_key|assistant|conversations?|credential|deployment|journal|knowledge|member|number|outbound_limits"
    r"|project|rates|recording|retention|talk|vault|widget)\.(?!id$)[a-z_]+"
)
"""An action of the audit, by what it is done to."""
STATE_KINDS = {"good", "fault", "attention", "draft", "progress", "plain"}


def without_machine_text(path: Path) -> str:
    return re.sub(r"<code>[^<]*</code>", "", path.read_text("utf-8"))


def own_files() -> list[Path]:
    return [path for path in SOURCES.rglob("*.ts*") if "client" not in path.relative_to(SOURCES).parts]


def test_every_end_of_a_call_has_its_sentence_and_its_mark() -> None:
    assert set(TEXTS["end_reason"]) == {*END_REASONS, *WRITTEN_LATER}
    assert set(TEXTS["end_kind"]) == set(TEXTS["end_reason"])
    assert set(TEXTS["end_kind"].values()) <= STATE_KINDS


def test_every_status_and_role_has_its_sentence() -> None:
    assert set(TEXTS["status"]) == set(get_args(conversations.Status))
    assert set(TEXTS["dial_status"]) == set(get_args(intents.Status))
    assert set(TEXTS["call_status"]) >= TERMINAL
    assert set(TEXTS["shell"]["role"]) == set(ROLES)


def test_everything_that_happens_in_a_call_has_its_sentence() -> None:
    assert set(TEXTS["happening"]) == {kind_of(kind) for kind in KINDS}
    assert set(TEXTS["findings"]) == set(get_args(Rule))
    assert set(get_args(Verdict)) <= set(TEXTS["call"]["notes"])


def written_deeds() -> set[str]:
    """Every action that some code writes into the audit: `note(tx, at, "credential.create", …)`."""
    found: set[str] = set()
    for path in (Path(__file__).resolve().parents[2] / "src" / "rapida").rglob("*.py"):
        for each in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and DEED.fullmatch(each.value):
                found.add(each.value)
    return found


def test_every_deed_in_the_audit_has_its_sentence() -> None:
    assert set(TEXTS["deed"]) >= written_deeds()
    assert {"credential.replace", "vault.rotate", "member.change"} <= written_deeds()
    assert all("{what}" in sentence for sentence in TEXTS["deed"].values())


def test_no_word_that_people_read_stands_in_a_component() -> None:
    found = [
        f"{path.relative_to(SOURCES)}: {text.strip()}"
        for path in own_files()
        for text in re.findall(r">\s*([A-Za-z][^<>{}=;()]*)</", without_machine_text(path))
        if text.strip() not in ("Rapida", "J", "K", "Ctrl K")
    ]
    assert found == []


def test_every_text_is_used() -> None:
    written = "\n".join(path.read_text("utf-8") for path in own_files())

    def names(of: dict[str, Any]) -> list[str]:
        return [
            name
            for key, value in of.items()
            for name in ([key, *names(value)] if isinstance(value, dict) else [key])
        ]

    # Asked for by a value of the API, or by a name that is put together.
    tables = {
        "end_reason",
        "end_kind",
        "status",
        "call_status",
        "dial_status",
        "happening",
        "findings",
        "deed",
    }
    tables |= {"assistant_fields", "assistant_choices", "assistant_sections"}
    parts = {key: value for key, value in TEXTS.items() if key not in tables}
    shared = {
        *ROLES,
        *TEXTS["settings"]["audit"]["about"],
        *TEXTS["settings"]["audit"]["actors"],
        *TEXTS["welcome"]["providers"],
        "earText",
        "mindText",
        "voiceText",
        "one",
        "other",
        "key",
        "words",
        "speech",
        "",
        "caller",
        "agent",
        "both",
        "nobody",
        "listens",
    }
    unused = [name for name in names(parts) if name not in shared and not re.search(rf"\b{name}\b", written)]
    assert unused == []
