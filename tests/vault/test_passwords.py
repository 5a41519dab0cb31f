"""Passwords: argon2id, one at a time, as slow for nobody as for somebody, and no endless queue."""

from __future__ import annotations

import asyncio
import threading
from typing import Literal

import pytest
from argon2 import PasswordHasher

from rapida.errors import InvalidField, TooManyTries
from rapida.vault.passwords import MOST_WAITING, Passwords, check


class Counting(PasswordHasher):
    """Counts how many hashes are made, and how many at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.now = self.most = self.worked = 0
        self.gate: threading.Event | None = None
        self.lock = threading.Lock()

    def _count(self, by: int) -> None:
        with self.lock:
            self.now += by
            self.most = max(self.most, self.now)
            self.worked += by > 0

    def hash(self, *told: object, **more: object) -> str:
        self._count(1)
        try:
            if self.gate is not None:
                assert self.gate.wait(10)
            return super().hash(*told, **more)  # pyright: ignore[reportArgumentType]
        finally:
            self._count(-1)

    def verify(self, *told: object, **more: object) -> Literal[True]:
        self._count(1)
        try:
            return super().verify(*told, **more)  # pyright: ignore[reportArgumentType]
        finally:
            self._count(-1)


async def test_a_password_fits_its_own_hash_and_no_other() -> None:
    passwords = Passwords(Counting())
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$")
    assert await passwords.fits("correct horse", stored)
    assert not await passwords.fits("wrong horse", stored)
    assert not await passwords.fits("correct horse", "no hash at all")


async def test_the_same_letters_fit_however_a_keyboard_writes_them() -> None:
    passwords = Passwords(Counting())
    assert await passwords.fits("cafe\u0301 au lait", await passwords.hash("caf\u00e9 au lait"))


async def test_hashes_are_made_one_at_a_time() -> None:
    counting = Counting()
    passwords = Passwords(counting)
    await asyncio.gather(*(passwords.hash(f"password {n}") for n in range(8)))
    assert (counting.worked, counting.most) == (8, 1)


async def test_an_account_that_does_not_exist_costs_a_verification_too() -> None:
    counting = Counting()
    passwords = Passwords(counting)
    await passwords.fits("anything", None)
    before = counting.worked
    assert not await passwords.fits("anything", None)
    assert counting.worked == before + 1
    assert not await passwords.fits("nobody's password", None)


async def test_beyond_a_short_queue_a_try_is_refused() -> None:
    counting = Counting()
    counting.gate = threading.Event()
    passwords = Passwords(counting)
    waiting = [asyncio.create_task(passwords.hash("x")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyTries) as refused:
        await passwords.hash("x")
    assert refused.value.wait_s > 0
    counting.gate.set()
    await asyncio.gather(*waiting)
    assert await passwords.hash("x")


@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 257])
def test_too_short_or_too_long_is_refused_without_repeating_it(password: str) -> None:
    with pytest.raises(InvalidField, match="10 to 256") as wrong:
        check(password)
    assert not password or password not in str(wrong.value)
