"""The house stands: the import contracts of pyproject.toml hold, and no file has outgrown its room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from importlinter import api
from importlinter.application import use_cases

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "src" / "rapida").rglob("*.py"))


def contracts() -> list[str]:
    found = api.read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    return [contract["id"] for contract in found]


@pytest.mark.parametrize("contract", contracts())
def test_the_import_contract_is_kept(
    contract: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    kept = use_cases.lint_imports(
        config_filename="pyproject.toml", limit_to_contracts=(contract,), cache_dir=None
    )
    assert kept, capsys.readouterr().out


def test_every_room_stands_on_a_floor() -> None:
    options = api.read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    layers = next(contract for contract in options if contract["id"] == "floors")["layers"]
    on_a_floor = {name for layer in layers for name in re.findall(r"rapida\.(\w+)", layer)}
    rooms = {path.stem for path in (ROOT / "src" / "rapida").iterdir() if not path.stem.startswith("__")}
    rooms -= {"dashboard"}  # what the build puts there: no code of ours
    assert rooms - on_a_floor == set()


CARRIERS_OWN = (
    *("telephony/twilio/", "simulator/", "cli/", "store/migrations/versions/"),
    "client/generated/",  # as the API's document says them
)
"""Where a carrier's words belong: its adapter, its simulation, the commands of that, and past schemas."""
SPOKEN = re.compile(r"twilio|twiml|account_?sid|call_?sid", re.IGNORECASE)
ALLOWED = {
    "telephony/__init__.py": {"twilio", "Twilio"},  # the catalogue
    "api/calls.py": {"call_sid"},  # the API's public name of a carrier's call
    "api/conversations.py": {"call_sid"},
    "settings.py": {"ACCOUNT_SID"},  # a variable of the simulated phone
    "store/tables.py": {"account_sid", "call_sid"},  # names of constraints, which SQLite cannot rename
}


def test_only_a_carriers_own_rooms_say_its_words() -> None:
    said = dict[str, set[str]]()
    for path in SOURCES:
        name = path.relative_to(ROOT / "src" / "rapida").as_posix()
        words = set(SPOKEN.findall(path.read_text(encoding="utf-8")))
        if not name.startswith(CARRIERS_OWN) and words:
            said[name] = words
    assert said == ALLOWED


def test_no_source_file_is_above_600_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert lengths
    assert {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > 600} == {}


WRITES = re.compile(r"\.write\(\)")
"""How a transaction that writes is begun."""


def test_no_route_and_no_command_writes_rows_by_itself() -> None:
    doors = [path for path in SOURCES if path.parts[-2] in ("api", "cli")]
    assert len(doors) > 30
    writing = {path.name for path in doors if WRITES.search(path.read_text(encoding="utf-8"))}
    assert writing == set()
    below = ROOT / "src/rapida/workspace/assistant_changes.py"
    assert WRITES.search(below.read_text(encoding="utf-8")), "what is looked for is how it is written"


def test_every_module_opens_with_what_it_decides() -> None:
    empty_rooms = [path for path in SOURCES if path.name == "__init__.py" and path.stat().st_size == 0]
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path not in empty_rooms
        and not path.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


def test_events_are_logged_in_one_way() -> None:
    """`telemetry.log` configures the standard library's loggers; nothing else writes to one."""
    configures = {
        "telemetry/log.py",
        "telephony/twilio/client.py",
        "sockets/picows.py",
        "providers/websocket.py",
        "jobs/durable.py",
        "recurring.py",
        "server.py",
    }
    other = {
        str(path.relative_to(ROOT / "src" / "rapida"))
        for path in SOURCES
        if re.search(r"^import logging", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert other <= configures
    events = [
        (path.name, event)
        for path in SOURCES
        for event in re.findall(r"_log\.\w+\(\s*f?\"([^\"]*)\"", path.read_text(encoding="utf-8"))
        if not re.fullmatch(r"[a-z0-9_{}.]+", event)
    ]
    assert events == []


def test_no_sentence_needs_an_insider() -> None:
    """Words that mean something only to those who were there when they were chosen."""
    inside = re.compile(r"\bthe seed'?s?\b(?! of)|\bout in the world\b|\bto be had\b", re.IGNORECASE)
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in SOURCES
        if (match := inside.search(path.read_text(encoding="utf-8"))) is not None
    }
    assert found == {}
