"""Passwords: hashed with argon2id, one at a time and off the event loop.

A hash takes 64 MB and a fifth of a second on purpose, so that twenty people who sign in at once must not cost
twenty times that. Beyond a short queue a try is refused, as the asker is hardly a person.
"""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from ..errors import InvalidField, TooManyTries

SHORTEST = 10
"""Two characters more than NIST SP 800-63B (5.1.1.2) asks for."""
LONGEST = 256
"""More than the 64 characters that NIST SP 800-63B asks to allow; hashing reads all of them."""
MOST_WAITING = 16
"""So many sign-ins may wait to be hashed, one after the other; more are sent away rather than kept
waiting."""


class Passwords:
    """The one place of a process where passwords are hashed."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` stands in for argon2id's default cost in tests."""
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Raises `TooManyTries` when the queue is full."""
        return await self._one_at_a_time(_normal(password))

    async def fits(self, password: str, stored: str | None) -> bool:
        """Whether a password is the stored one's; an account that does not exist takes as long.

        Raises `TooManyTries` when the queue is full.
        """
        if stored is None:
            stored = self._nobodys = self._nobodys or await self.hash("nobody's password")
            await self._one_at_a_time(_normal(password), stored)
            return False
        return bool(await self._one_at_a_time(_normal(password), stored))

    async def _one_at_a_time(self, password: str, stored: str | None = None) -> str:
        if self._waiting >= MOST_WAITING:
            raise TooManyTries("too many people sign in at once; try again in a moment", 5)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self._work, password, stored)
        finally:
            self._waiting -= 1

    def _work(self, password: str, stored: str | None) -> str:
        """A fresh hash; or, beside a stored one, that one if it fits and nothing if not."""
        if stored is None:
            return self._hasher.hash(password)
        try:
            self._hasher.verify(stored, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return ""
        return stored


def check(password: str) -> None:
    """Raises `InvalidField` for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidField("password", f"it must have {SHORTEST} to {LONGEST} characters")


def _normal(password: str) -> str:
    # Keyboards write the same accented letter in different ways.
    return unicodedata.normalize("NFKC", password)
