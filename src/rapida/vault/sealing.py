"""Sealing of secrets: what is stored can be opened only with a key that is kept elsewhere.

Each secret is encrypted with a data key of its own (AES-256-GCM), and that data key with a key of the
keyring, named by its id. Both are bound to the project and the credential they belong to, so a row that was
moved, swapped or altered does not open. Sealed with the secret is whom it may be sent to, so it does not open
for another host either. Where sealed rows live is the store's business.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..errors import VaultError

KEY_FILE = "master.key"
SETTING = "RAPIDA_MASTER_KEY"
_NONCE_BYTES = 12
"""AES-GCM's own (NIST SP 800-38D, 8.2)."""
_KEY_BYTES = 32
"""AES-256."""
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_GOES_TO = "@goes_to"
"""Beside the secret's own fields, none of which begins so."""


@dataclass(frozen=True, repr=False)
class Sealed:
    """A secret at rest. Both byte strings begin with their nonce."""

    key_id: str
    wrapped_key: bytes
    ciphertext: bytes


@dataclass(frozen=True, repr=False)
class SecretBinding:
    """Where a sealed secret belongs; it opens nowhere else."""

    project_id: int
    credential_id: int
    part: str = ""
    """Tells secrets of one credential apart; a replaced one's holds the instant its time is over."""
    goes_to: str = ""
    """Whom the secret may be sent to: a provider, and a host where the credential names one."""

    def bind(self, what: str) -> bytes:
        """The additional data that ties one encryption to this place and purpose."""
        part = f"/{self.part}" if self.part else ""
        return f"rapida/1/{what}/{self.project_id}/{self.credential_id}{part}".encode()


class Keyring:
    """Keys by id, 32 bytes each; the first wraps, all unwrap."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise VaultError("a keyring needs at least one key")
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.first = next(iter(keys))
        self.marks = tuple(f"{key_id}:{_mark(key)}" for key_id, key in keys.items())

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._keys

    def cipher(self, key_id: str) -> AESGCM:
        """Raises `VaultError` when the key is not loaded."""
        if key_id not in self._keys:
            raise VaultError(f"the key {key_id!r} is not loaded; add it to RAPIDA_MASTER_KEY")
        return self._keys[key_id]


class Vault:
    """Seals and opens secrets: small mappings of text to text."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @property
    def key_id(self) -> str:
        """The key that wraps from now on."""
        return self._keyring.first

    @property
    def marks(self) -> tuple[str, ...]:
        """Every loaded key as `id:mark`, the first first: equal where, and only where, the keys are."""
        return self._keyring.marks

    def seal(self, place: SecretBinding, secret: Mapping[str, str]) -> Sealed:
        """Encrypt `secret` for `place`, with a fresh data key."""
        data_key = AESGCM.generate_key(_KEY_BYTES * 8)
        plain = msgspec.json.encode({**secret, _GOES_TO: place.goes_to})
        return Sealed(
            self.key_id, self._wrap(place, data_key), _encrypt(AESGCM(data_key), plain, place.bind("secret"))
        )

    def open(self, place: SecretBinding, sealed: Sealed) -> dict[str, str]:
        """Decrypt. Raises `VaultError` when the key is missing, or the row was altered or moved.

        What an older version sealed does not say whom it goes to, and opens for anybody.
        """
        plain = _decrypt(AESGCM(self._unwrap(place, sealed)), sealed.ciphertext, place.bind("secret"))
        secret = msgspec.json.decode(plain, type=dict[str, str])
        if secret.pop(_GOES_TO, place.goes_to) != place.goes_to:
            raise VaultError(
                "a stored secret does not open: the provider or host of its row was altered after it was "
                "sealed; an admin must enter the secret again"
            )
        return secret

    def rewrap(self, place: SecretBinding, sealed: Sealed) -> Sealed:
        """The same secret under the keyring's first key; its ciphertext stays as it is."""
        return Sealed(self.key_id, self._wrap(place, self._unwrap(place, sealed)), sealed.ciphertext)

    def verify(self, sample: Iterable[tuple[SecretBinding, Sealed]]) -> None:
        """Check at start that the sampled rows' keys are loaded and the right ones. Raises `VaultError`.

        The secrets stay shut, and one row of a key is enough: a few altered ones are no reason not to start.
        """
        failures: dict[str, VaultError] = {}
        right: set[str] = set()
        for place, sealed in sample:
            try:
                self._unwrap(place, sealed)
            except VaultError as failed:
                failures.setdefault(sealed.key_id, failed)
            else:
                right.add(sealed.key_id)
        for key_id, failed in failures.items():
            if key_id not in right:
                raise failed

    def _wrap(self, place: SecretBinding, data_key: bytes) -> bytes:
        return _encrypt(self._keyring.cipher(self.key_id), data_key, place.bind(f"key/{self.key_id}"))

    def _unwrap(self, place: SecretBinding, sealed: Sealed) -> bytes:
        cipher = self._keyring.cipher(sealed.key_id)
        return _decrypt(cipher, sealed.wrapped_key, place.bind(f"key/{sealed.key_id}"))


def parse_keyring(text: str, where: str = SETTING) -> Keyring:
    """Read `id:base64[,id:base64]` or the same with line ends. Raises `VaultError` without repeating it.

    `where` is what the sentence calls the place that it stands in.
    """
    keys: dict[str, bytes] = {}
    for number, part in enumerate((p.strip() for p in re.split(r"[,\n]", text) if p.strip()), start=1):
        key_id, separator, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not separator or not _KEY_ID.fullmatch(key_id) or len(key) != _KEY_BYTES or key_id in keys:
            raise VaultError(
                f"{where}: entry {number} is not `id:base64` with an id of its own and 32 bytes in base64; "
                "make the second half with: openssl rand -base64 32"
            )
        keys[key_id] = key
    if not keys:
        raise VaultError(f"{where}: there is no key in it; make one with: echo k1:$(openssl rand -base64 32)")
    return Keyring(keys)


def open_vault(
    master_key: str | None, data_dir: Path, sample: Iterable[tuple[SecretBinding, Sealed]] = ()
) -> Vault:
    """The vault of this installation.

    `master_key` is RAPIDA_MASTER_KEY; without it the key file in `data_dir` is read, or generated when
    nothing is sealed yet. `sample` holds a few sealed rows of each key in use. Raises `VaultError` when a
    key that sealed rows need is missing or wrong; nothing is ever generated or overwritten then.
    """
    rows = list(sample)
    keyring = parse_keyring(master_key) if master_key else _file_keyring(data_dir / KEY_FILE, bool(rows))
    missing = sorted({sealed.key_id for _, sealed in rows if sealed.key_id not in keyring})
    if missing:
        raise VaultError(
            f"stored credentials are sealed with the key {', '.join(missing)}, which is not loaded; "
            "give it back in RAPIDA_MASTER_KEY, or restore the key file of the data directory"
        )
    vault = Vault(keyring)
    vault.verify(rows)
    return vault


def _file_keyring(path: Path, needed: bool) -> Keyring:
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        if needed:
            raise VaultError(
                f"stored credentials are sealed, but the key file {str(path)!r} is gone; restore it, or give "
                "its key in RAPIDA_MASTER_KEY (without the key the credentials cannot be opened)"
            ) from None
        return _generate(path)
    except (OSError, UnicodeDecodeError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else "it is no text"
        raise VaultError(f"the key file {str(path)!r} cannot be read ({reason})") from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise VaultError(f"the key file {str(path)!r} can be read by others; run: chmod 600 '{path}'")
    return parse_keyring(text, f"the key file {str(path)!r}")


def _generate(path: Path) -> Keyring:
    """Write a fresh key, whole or not at all; of two processes that start at once the first one's stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    key_id = f"k{secrets.token_hex(4)}"
    line = f"{key_id}:{base64.b64encode(os.urandom(_KEY_BYTES)).decode()}\n"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return _file_keyring(path, needed=True)
    except OSError as failed:
        raise VaultError(f"the key file {str(path)!r} cannot be written ({failed.strerror})") from failed
    finally:
        draft.unlink(missing_ok=True)
    return parse_keyring(line)


def _mark(key: bytes) -> str:
    """Tells keys apart, and tells nothing about them: they are random."""
    return hashlib.sha256(b"rapida/1/mark/" + key).hexdigest()[:16]


def _encrypt(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound_to)


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise VaultError(
            "a stored secret does not open: its row was altered or moved, or the key with its id is not the "
            "one it was sealed with"
        ) from None
