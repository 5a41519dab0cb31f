"""`rapida serve --open`: the page is opened only where somebody would see it."""

from __future__ import annotations

import pytest

from rapida.cli import serve


@pytest.mark.parametrize(
    ("platform", "set_to", "screen"),
    [
        ("darwin", {}, True),
        ("win32", {}, True),
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
    ],
)
def test_a_machine_without_a_screen_is_spared_a_browser_in_its_terminal(
    monkeypatch: pytest.MonkeyPatch, platform: str, set_to: dict[str, str], screen: bool
) -> None:
    for name in serve.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    for name, value in set_to.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert serve.has_screen() is screen
