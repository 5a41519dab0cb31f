"""The vault: what opens, what fails closed, and what is never generated."""

from __future__ import annotations

import base64
import dataclasses
import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rapida.errors import VaultError
from rapida.vault import sealing
from rapida.vault.sealing import KEY_FILE, Keyring, Sealed, SecretBinding, Vault, open_vault, parse_keyring

HERE = SecretBinding(project_id=1, credential_id=7)
SECRET = {"account_sid": "AC" + "0" * 32, "account_token": "canary-token"}


def a_key(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()


def a_vault(*ids: str) -> Vault:
    return Vault(Keyring({key_id: key_id.encode().ljust(32, b".") for key_id in ids or ("k1",)}))


def test_what_was_sealed_opens_and_shows_nothing_in_between() -> None:
    sealed = a_vault().seal(HERE, SECRET)
    assert a_vault().open(HERE, sealed) == SECRET
    assert b"canary" not in sealed.ciphertext + sealed.wrapped_key
    assert "canary" not in repr(sealed)


def test_the_same_secret_is_never_sealed_alike() -> None:
    first, second = a_vault().seal(HERE, SECRET), a_vault().seal(HERE, SECRET)
    assert first.ciphertext != second.ciphertext
    assert first.wrapped_key != second.wrapped_key


@pytest.mark.parametrize("elsewhere", [SecretBinding(2, 7), SecretBinding(1, 8)])
def test_a_row_moved_to_another_project_or_credential_stays_shut(elsewhere: SecretBinding) -> None:
    with pytest.raises(VaultError, match="altered or moved"):
        a_vault().open(elsewhere, a_vault().seal(HERE, SECRET))


def test_a_secret_opens_only_for_whom_it_was_sealed() -> None:
    mine = dataclasses.replace(HERE, goes_to="openai https://llm.example.com/v1")
    sealed = a_vault().seal(mine, SECRET)
    assert a_vault().open(mine, sealed) == SECRET
    for other in (
        "openai https://elsewhere.example.com/v1",
        "openai ",
        "http https://llm.example.com/v1",
        "",
    ):
        with pytest.raises(VaultError, match="provider or host of its row was altered") as shut:
            a_vault().open(dataclasses.replace(mine, goes_to=other), sealed)
        assert "canary" not in str(shut.value)


def test_what_was_sealed_before_secrets_said_whom_they_go_to_opens_as_it_did() -> None:
    """The bytes that this version's forerunner stored: the fields and nothing else."""
    key, data_key = b"k1".ljust(32, b"."), b"d" * 32
    wrapped = b"n" * 12 + AESGCM(key).encrypt(b"n" * 12, data_key, HERE.bind("key/k1"))
    plain = json.dumps(SECRET).encode()
    ciphertext = b"m" * 12 + AESGCM(data_key).encrypt(b"m" * 12, plain, HERE.bind("secret"))
    place = dataclasses.replace(HERE, goes_to="openai https://llm.example.com/v1")
    assert a_vault().open(place, Sealed("k1", wrapped, ciphertext)) == SECRET


def test_a_key_is_known_by_its_id_and_its_bytes_and_its_mark_does_not_show_it() -> None:
    one, other = parse_keyring(f"k1:{a_key(1)},k2:{a_key(2)}"), parse_keyring(f"k1:{a_key(3)},k2:{a_key(2)}")
    assert [mark.partition(":")[0] for mark in one.marks] == ["k1", "k2"]
    assert one.marks[0] != other.marks[0]
    assert one.marks[1] == other.marks[1]
    assert a_key(2) not in str(one.marks)


@pytest.mark.parametrize("part", ["wrapped_key", "ciphertext"])
def test_an_altered_or_cut_row_stays_shut_without_telling_anything(part: str) -> None:
    sealed = a_vault().seal(HERE, SECRET)
    whole: bytes = getattr(sealed, part)
    for altered in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:5], b""):
        with pytest.raises(VaultError) as shut:
            a_vault().open(HERE, dataclasses.replace(sealed, **{part: altered}))
        assert "canary" not in str(shut.value)
        assert shut.value.__cause__ is None


def test_a_row_relabelled_with_another_loaded_key_stays_shut() -> None:
    both = a_vault("k1", "k2")
    sealed = both.seal(HERE, SECRET)
    with pytest.raises(VaultError):
        both.open(HERE, dataclasses.replace(sealed, key_id="k2"))


def test_rewrapping_moves_a_secret_to_the_first_key_and_leaves_its_ciphertext() -> None:
    old = a_vault("k1").seal(HERE, SECRET)
    new = a_vault("k2", "k1").rewrap(HERE, old)
    assert (new.key_id, new.ciphertext) == ("k2", old.ciphertext)
    assert a_vault("k2").open(HERE, new) == SECRET
    with pytest.raises(VaultError, match="'k2' is not loaded"):
        a_vault("k1").open(HERE, new)


def test_the_first_key_of_the_setting_seals_and_all_open() -> None:
    ring = parse_keyring(f"new:{a_key(1)},old:{a_key(2)}")
    assert ring.first == "new"
    assert "old" in ring


@pytest.mark.parametrize(
    "wrong",
    ["hunter2", "k1:hunter2", f"k1:{a_key(1)[:-8]}", f"k 1:{a_key(1)}", f"k1:{a_key(1)},k1:{a_key(2)}"],
)
def test_a_malformed_master_key_is_refused_without_being_repeated(wrong: str) -> None:
    with pytest.raises(VaultError) as refused:
        parse_keyring(wrong)
    assert "hunter2" not in str(refused.value)
    assert a_key(1)[:-8] not in str(refused.value)


def test_a_first_start_generates_a_key_for_the_owner_alone_and_keeps_it(tmp_path: Path) -> None:
    sealed = open_vault(None, tmp_path).seal(HERE, SECRET)
    file = tmp_path / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]
    assert open_vault(None, tmp_path, [(HERE, sealed)]).open(HERE, sealed) == SECRET


def test_a_lost_key_file_is_refused_and_never_generated_anew(tmp_path: Path) -> None:
    sealed = open_vault(None, tmp_path).seal(HERE, SECRET)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(VaultError, match="is gone; restore it"):
        open_vault(None, tmp_path, [(HERE, sealed)])
    assert list(tmp_path.iterdir()) == []


def test_a_master_key_that_lacks_a_used_id_is_refused_by_name(tmp_path: Path) -> None:
    sealed = open_vault(f"old:{a_key(1)}", tmp_path).seal(HERE, SECRET)
    with pytest.raises(VaultError, match="sealed with the key old, which is not loaded"):
        open_vault(f"new:{a_key(2)}", tmp_path, [(HERE, sealed)])
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_key_under_the_right_id_is_refused_at_start(tmp_path: Path) -> None:
    sealed = open_vault(f"k1:{a_key(1)}", tmp_path).seal(HERE, SECRET)
    with pytest.raises(VaultError, match="does not open"):
        open_vault(f"k1:{a_key(2)}", tmp_path, [(HERE, sealed)])


def test_a_key_file_that_is_none_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"\xff\xfe")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(VaultError, match="cannot be read"):
        open_vault(None, tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == b"\xff\xfe"


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    open_vault(None, tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(VaultError, match="chmod 600"):
        open_vault(None, tmp_path)


def test_of_two_processes_that_start_at_once_the_first_ones_key_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []

    honest = sealing.os.link

    def another_was_faster(source: Path, target: Path) -> None:
        Path(target).write_text(f"theirs:{a_key(9)}\n")
        Path(target).chmod(0o600)
        kept.append(str(target))
        honest(source, target)

    monkeypatch.setattr(sealing.os, "link", another_was_faster)
    assert open_vault(None, tmp_path).key_id == "theirs"
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]
    assert len(kept) == 1


def test_a_sealed_row_does_not_print_its_bytes() -> None:
    assert "wrapped" not in repr(Sealed("k1", b"wrapped", b"bytes"))
