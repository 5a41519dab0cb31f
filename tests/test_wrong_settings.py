"""Forty ways to set something wrong: each is told by the variable's name, the reason and what to write."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rapida import app
from rapida.errors import RapidaError, SettingsError
from rapida.settings import load, misspelt

KEY = base64.b64encode(b"k" * 32).decode()
SQLITE = "RAPIDA_DATABASE_URL=sqlite:////"

WRONG = [
    ("PUBLIC_ASSISTANT_HOST=https://calls.example.org/x", "write PUBLIC_ASSISTANT_HOST=calls.example.org"),
    ("PUBLIC_ASSISTANT_HOST=calls.example.org:0", "must be a bare host name"),
    ("RAPIDA_PORT=eighty", "write a number such as RAPIDA_PORT=8080"),
    ("RAPIDA_PORT=70000", "is not a port"),
    ("RAPIDA_PORT=-1", "is not a port"),
    ("RAPIDA_HOST=http://127.0.0.1", "is no address or host name; write RAPIDA_HOST=127.0.0.1"),
    ("RAPIDA_HOST=127.0.0.1:8080", "write RAPIDA_HOST=127.0.0.1 and RAPIDA_PORT=8080"),
    ("RAPIDA_HOST=two words", "is no address or host name"),
    ("RAPIDA_HOST=nowhere.invalid", "cannot listen on nowhere.invalid:0: there is no host of that name"),
    ("RAPIDA_HOST=192.0.2.1", "cannot listen on 192.0.2.1:0: this machine has no such address"),
    ("RAPIDA_HOST=2001:db8::1", "this machine has no such address"),
    ("RAPIDA_DATABASE_URL=mysql://root:hunter2@db/x", "write RAPIDA_DATABASE_URL=postgresql://"),
    ("RAPIDA_DATABASE_URL=hunter2", "write RAPIDA_DATABASE_URL=postgresql://"),
    ("RAPIDA_DATABASE_URL=postgresql://u:hunter2@db:port/x", "its host and port cannot be read"),
    ("RAPIDA_DATABASE_URL=postgresql://u:hunt/er2@db/x", "any of / ? # @"),
    ("RAPIDA_DATABASE_URL=postgresql://u:hunter2@db/x?ssl=require", "ssl is not taken behind its `?`"),
    ("RAPIDA_DATABASE_URL=postgresql://u:hunter2@db/x?sslmode=on", "sslmode is one of disable, allow"),
    (
        "RAPIDA_DATABASE_URL=postgresql://u:hunter2@nowhere.invalid/x",
        "PostgreSQL at nowhere.invalid:5432 cannot be reached: its host name is not known",
    ),
    (
        "RAPIDA_DATABASE_URL=postgresql://u:hunter2@127.0.0.1:{closed}/x",
        "PostgreSQL at 127.0.0.1:{closed} cannot be reached: Connection refused",
    ),
    (
        "RAPIDA_DATABASE_URL=postgresql://u:hunter2@127.0.0.1:{plain}/x?sslmode=require",
        "PostgreSQL at 127.0.0.1:{plain} cannot be reached: it speaks no TLS, which sslmode demands",
    ),
    (f"{SQLITE}no/such/folder/rapida.db", "the database 'rapida.db' cannot be opened"),
    ("RAPIDA_DATABASE_URL=sqlite://", "write RAPIDA_DATABASE_URL=sqlite:////directory/file.db"),
    ("RAPIDA_DATABASE_URL=sqlite:///{text}", "'text' is no database of ours"),
    ("RAPIDA_FILES_URL=https://s3.example.com/calls", "such as RAPIDA_FILES_URL=s3://our-calls/rapida"),
    ("RAPIDA_FILES_URL=s3://a", "name a bucket"),
    ("RAPIDA_DATA_DIR={text}", "cannot use '{text}' (File exists); name a writable directory"),
    ("RAPIDA_DATA_DIR={text}/data", "(Not a directory); name a writable directory"),
    ("RAPIDA_DATA_DIR=/dev/null/data", "(Not a directory); name a writable directory"),
    ("RAPIDA_MASTER_KEY=hunter2", "RAPIDA_MASTER_KEY: entry 1 is not `id:base64`"),
    ("RAPIDA_MASTER_KEY=k1:hunter2", "RAPIDA_MASTER_KEY: entry 1 is not `id:base64`"),
    (f"RAPIDA_MASTER_KEY=k1:{KEY},k1:{KEY}", "RAPIDA_MASTER_KEY: entry 2 is not `id:base64` with an id of"),
    ("RAPIDA_MASTER_KEY= , ", "RAPIDA_MASTER_KEY: there is no key in it"),
    ("RAPIDA_SETUP_CODE=hunter2", "it can be guessed; make one with: openssl rand"),
    ("RAPIDA_PUBLIC_API=perhaps", "write RAPIDA_PUBLIC_API=true or RAPIDA_PUBLIC_API=false"),
    ("RAPIDA_OPEN_METRICS=localhost", "is neither true nor false"),
    ("RAPIDA_ALLOWED_HOSTS=a.org, http://b.org", "write RAPIDA_ALLOWED_HOSTS=b.org"),
    ("RAPIDA_ALLOW_HOSTS=http://model.lan", "write RAPIDA_ALLOW_HOSTS=model.lan"),
    ("RAPIDA_TRUSTED_PROXIES=10.0.0.1, proxy.lan", "'proxy.lan' is no IP address or network"),
    ("RAPIDA_TWILIO_API_URL=api.twilio.com", "write a plain http or https URL"),
    ("RAPIDA_TWILIO_API_URL=https://api.twilio.com:99999", "write a plain http or https URL"),
    ("RAPIDA_TWILIO_API_URL=https://u:hunter2@api.twilio.com", "write a plain http or https URL"),
    (
        "RAPIDA_TWILIO_API_URL=http://api.twilio.com/v1",
        "write RAPIDA_TWILIO_API_URL=https://api.twilio.com/v1",
    ),
    ("RAPIDA_TWILIO_WS_SIGNATURE=off", "write RAPIDA_TWILIO_WS_SIGNATURE=required"),
]


@asynccontextmanager
async def surroundings(tmp_path: Path) -> AsyncIterator[dict[str, object]]:
    """A port on which nobody listens, a server that declines TLS as PostgreSQL does, and a file of text."""

    async def decline(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # SSLRequest, https://www.postgresql.org/docs/current/protocol-flow.html
        writer.write(b"N")
        writer.close()

    (tmp_path / "text").write_text("no database at all\n" * 100)
    plain = await asyncio.start_server(decline, "127.0.0.1", 0)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, so that nobody else listens there
        async with plain:
            yield {
                "closed": held.getsockname()[1],
                "plain": plain.sockets[0].getsockname()[1],
                "text": str(tmp_path / "text"),
            }


@pytest.mark.parametrize(("written", "told"), WRONG, ids=[written for written, _ in WRONG])
async def test_a_wrong_setting_is_told_with_its_name_the_reason_and_what_to_do(
    tmp_path: Path, written: str, told: str
) -> None:
    async with surroundings(tmp_path) as around:
        name, _, value = written.format(**around).partition("=")
        plain = {"RAPIDA_DATA_DIR": str(tmp_path / "data"), "RAPIDA_PORT": "0"}
        with pytest.raises(RapidaError) as refused:
            async with app.running(load(plain | {name: value}, tmp_path), drain_s=0.0):
                raise AssertionError("it started")
    said = str(refused.value)
    assert told.format(**around) in said
    assert name in said or "sqlite" in written
    assert "hunt" not in said


def test_plain_http_is_taken_for_what_stands_in_ones_own_network(tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:9000", "http://localhost:9000", "http://10.1.2.3", "http://[::1]:9"):
        assert load({"RAPIDA_TWILIO_API_URL": url}, tmp_path).carrier_api_urls == {"twilio": url}
    double = {"RAPIDA_TWILIO_API_URL": "http://double:9000"}
    with pytest.raises(SettingsError, match="RAPIDA_ALLOW_HOSTS"):
        load(double, tmp_path)
    for listed in ("double", "double:9000"):
        assert (
            load(double | {"RAPIDA_ALLOW_HOSTS": listed}, tmp_path).carrier_api_urls["twilio"]
            == double["RAPIDA_TWILIO_API_URL"]
        )


def test_an_empty_variable_means_the_default_and_hides_the_files(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PUBLIC_ASSISTANT_HOST=file.example.org\nRAPIDA_PORT=81\nRAPIDA_HOST\n")
    assert load({}, tmp_path).public_host == "file.example.org"
    settings = load({"PUBLIC_ASSISTANT_HOST": "", "RAPIDA_PORT": ""}, tmp_path)
    assert (settings.public_host, settings.port, settings.host) == (None, 8080, "127.0.0.1")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("RAPIDA_DATADIR", "RAPIDA_DATA_DIR"),
        ("RAPIDA_DB_URL", None),
        ("RAPIDA_DATABASE", "RAPIDA_DATABASE_URL"),
        ("RAPIDA_ALLOWEDHOSTS", "RAPIDA_ALLOWED_HOSTS"),
        ("RAPIDA_MASTERKEY", "RAPIDA_MASTER_KEY"),
        ("PUBLIC_ASSISTENT_HOST", "PUBLIC_ASSISTANT_HOST"),
        ("PUBLIC_ASSISTANT_URL", "PUBLIC_ASSISTANT_HOST"),
        ("RAPIDA_TWILLIO_API_URL", "RAPIDA_TWILIO_API_URL"),
        ("RAPIDA_TWILIO_WS_SIGNATURES", "RAPIDA_TWILIO_WS_SIGNATURE"),
        ("RAPIDA_XYZ", None),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_a_misspelt_variable_is_told_with_the_one_that_was_meant(
    tmp_path: Path, written: str, meant: str | None, in_file: bool
) -> None:
    if in_file:
        (tmp_path / ".env").write_text(f"{written}=hunter2\n")
    told = misspelt(["twilio"], {} if in_file else {written: "hunter2"}, tmp_path)
    assert len(told) == 1
    assert told[0].startswith(f"{written} is no setting of Rapida")
    assert told[0].endswith(f"did you mean {meant}?" if meant else "changes nothing") or meant is None
    assert "hunter2" not in told[0]


def test_what_other_programs_and_single_commands_read_is_not_told(tmp_path: Path) -> None:
    others = ("PATH", "PUBLIC_URL", "RAPIDA_API_KEY", "RAPIDA_PHONE_ACCOUNT_SID", "RAPIDA_PHONE_AUTH_TOKEN")
    assert misspelt(["twilio"], dict.fromkeys(others, "x") | {"RAPIDA_PORT": "0"}, tmp_path) == []
