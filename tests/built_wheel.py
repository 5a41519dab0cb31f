"""The wheel as it is published, in an environment of its own that has nothing of the checkout.

What the wheel depends on is borrowed from the environment of the tests: a `.pth` file names its folder, and
the `.pth` files within that folder, of which one leads to the checkout, do not count then.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "rapida"


def build(folder: Path) -> Path:
    """The wheel, built by the project's own build back-end."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def installed(wheel: Path, folder: Path) -> Path:
    """The `rapida` command of a fresh environment in `folder`, into which the wheel was unpacked."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    ran = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    packages = Path(ran.stdout.strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + os.linesep)
    command = folder / "bin" / "rapida"
    command.write_text(f"#!{python}\nfrom rapida.cli import main\nmain()\n")
    command.chmod(0o755)
    return command
