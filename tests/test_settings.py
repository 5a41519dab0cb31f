"""Settings: what may be written, which file wins, and what a wrong value is told."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rapida.errors import SettingsError
from rapida.providers.outgoing import Policy
from rapida.settings import Settings, load, options, prepare_data_dir, reference


def test_everything_is_optional(tmp_path: Path) -> None:
    settings = load({}, tmp_path)
    assert settings == Settings()
    assert (settings.host, settings.port, settings.public_host) == ("127.0.0.1", 8080, None)


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("https://calls.example.org", "calls.example.org"),
        ("wss://calls.example.org/v1/talk", "calls.example.org"),
        ("calls.example.org/", "calls.example.org"),
        (" calls.example.org", "calls.example.org"),
        ("calls. example.org", "calls.example.org"),
        ("https://user:secret@calls.example.org:8443/x?y#z", "calls.example.org:8443"),
        ("calls.{name}.org", "calls.example.com"),
        ("calls_.org", "calls.example.com"),
        ("calls.example.org:99999", "calls.example.com"),
    ],
)
def test_a_public_host_that_is_no_bare_host_is_refused_with_the_right_spelling(
    tmp_path: Path, written: str, right: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"PUBLIC_ASSISTANT_HOST": written}, tmp_path)
    assert str(refused.value).endswith(f"write PUBLIC_ASSISTANT_HOST={right}")
    assert refused.value.name == "PUBLIC_ASSISTANT_HOST"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Calls.Example.org", "calls.example.org"),
        ("a.b:8443", "a.b:8443"),
        ("a.b:443", "a.b"),
        ("ngrok", "ngrok"),
    ],
)
def test_a_bare_public_host_is_taken_in_lower_case_without_the_default_port(
    tmp_path: Path, written: str, read: str
) -> None:
    assert load({"PUBLIC_ASSISTANT_HOST": written}, tmp_path).public_host == read


def test_a_setup_code_that_can_be_guessed_is_refused_without_being_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RAPIDA_SETUP_CODE: it can be guessed; make one with") as refused:
        load({"RAPIDA_SETUP_CODE": "hunter2"}, tmp_path)
    assert "hunter2" not in str(refused.value)


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_seeds_file(tmp_path: Path) -> None:
    before = dict(os.environ)
    seeds = tmp_path / "docker/assistant-api/.assistant.env"
    seeds.parent.mkdir(parents=True)
    seeds.write_text(
        "PUBLIC_ASSISTANT_HOST=seed.example.org   # HTTPS only\nRAPIDA_PORT=1\nRAPIDA_HOST=0.0.0.0\n"
    )
    (tmp_path / ".env").write_text("RAPIDA_PORT=2\nRAPIDA_HOST=::1\n")
    settings = load({"RAPIDA_HOST": "127.0.0.2"}, tmp_path)
    assert settings.public_host == "seed.example.org"
    assert settings.port == 2
    assert settings.host == "127.0.0.2"
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("RAPIDA_PORT", "eighty"),
        ("RAPIDA_PORT", "70000"),
        ("RAPIDA_PUBLIC_API", "perhaps"),
        ("RAPIDA_OPEN_METRICS", "localhost"),
        ("RAPIDA_TWILIO_WS_SIGNATURE", "off"),
        ("RAPIDA_TWILIO_API_URL", "api.twilio.com"),
        ("RAPIDA_DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("RAPIDA_DATABASE_URL", "nonsense-hunter2"),
        ("RAPIDA_ALLOWED_HOSTS", "a.org, http://b.org"),
        ("RAPIDA_TRUSTED_PROXIES", "10.0.0.1, proxy.lan"),
        ("RAPIDA_TRUSTED_PROXIES", "*"),
        ("RAPIDA_ALLOW_HOSTS", "http://model.lan"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_never_repeats_a_secret(
    tmp_path: Path, name: str, wrong: str
) -> None:
    with pytest.raises(SettingsError, match=f"{name}=") as refused:
        load({name: wrong}, tmp_path)
    assert "hunter2" not in str(refused.value)


def test_databases_get_their_asynchronous_driver(tmp_path: Path) -> None:
    assert load({"RAPIDA_DATABASE_URL": "postgresql://u:p@db/x"}, tmp_path).database_url == (
        "postgresql+asyncpg://u:p@db/x"
    )
    given = load({"RAPIDA_DATA_DIR": str(tmp_path / "d")}, tmp_path)
    assert given.database_url == f"sqlite+aiosqlite:///{tmp_path}/d/rapida.db"


def test_a_private_host_that_is_let_through_at_one_port_is_so_at_that_port_only(tmp_path: Path) -> None:
    written = "Model.lan:443, 10.0.0.7:11434, other.lan"
    settings = load({"RAPIDA_ALLOW_HOSTS": written}, tmp_path)
    assert settings.allow_hosts == ("model.lan:443", "10.0.0.7:11434", "other.lan")
    policy = Policy()
    policy.allow(settings.allow_hosts)
    asked = [("model.lan", 443), ("model.lan", 80), ("10.0.0.7", 11434), ("10.0.0.7", 22), ("other.lan", 9)]
    assert [policy.allows(*each) for each in asked] == [True, False, True, False, True]


def test_flags_lists_and_modes_are_read(tmp_path: Path) -> None:
    settings = load(
        {
            "RAPIDA_PUBLIC_API": "Yes",
            "RAPIDA_OPEN_METRICS": "on",
            "RAPIDA_ALLOWED_HOSTS": "a.org, b.org:81,",
            "RAPIDA_TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/24,",
            "RAPIDA_TWILIO_WS_SIGNATURE": "observe",
            "RAPIDA_TWILIO_API_URL": "http://127.0.0.1:9/",
            "RAPIDA_LOOPBACK_API_URL": "http://127.0.0.1:10",
        },
        tmp_path,
    )
    assert settings.public_api is True
    assert settings.open_metrics is True
    assert settings.allowed_hosts == ("a.org", "b.org:81")
    assert settings.trusted_proxies == ("10.0.0.1", "10.1.0.0/24")
    assert settings.ws_signatures == {"twilio": "observe"}
    interfaces = {"twilio": "http://127.0.0.1:9", "loopback": "http://127.0.0.1:10"}
    assert settings.carrier_api_urls == interfaces


def test_the_data_directory_is_the_owners_alone(tmp_path: Path) -> None:
    made = prepare_data_dir(tmp_path / "deep" / "data")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o755)
    assert stat.S_IMODE(prepare_data_dir(made).stat().st_mode) == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="RAPIDA_DATA_DIR"):
        prepare_data_dir(tmp_path / "file")


def test_every_option_is_named_once_and_explained() -> None:
    rows = reference()
    names = [name for name, _, _ in rows]
    assert len(names) == len(set(names)) == len(options())
    assert all(doc.endswith(".") for _, _, doc in rows)
    assert ("RAPIDA_PUBLIC_API", "false") in [(name, default) for name, default, _ in rows]


def test_settings_do_not_show_their_secrets() -> None:
    settings = Settings(master_key="k1:hunter2", configured_database_url="postgresql+asyncpg://u:hunter2@h/d")
    assert "hunter2" not in repr(settings)
