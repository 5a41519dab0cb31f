"""Finding the servers of a data directory: none disturbs another's note, and no dead one is found."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rapida.cli.addresses import FOLDER, find, noted
from rapida.errors import ConfigurationError, SettingsError
from rapida.settings import Settings

NOTING = """
import sys
from pathlib import Path
from rapida.cli.addresses import noted
from rapida.settings import Settings
with noted(Settings(data_dir=Path(sys.argv[1])), int(sys.argv[2])):
    print("noted", flush=True)
    sys.stdin.read()
"""


def another(data_dir: Path, port: int) -> subprocess.Popen[str]:
    """Another server of the directory, in a process of its own, noted already."""
    command = [sys.executable, "-c", NOTING, str(data_dir), str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "noted\n"
    return process


def noted_files(data_dir: Path) -> int:
    return len(list((data_dir / FOLDER).iterdir()))


def test_the_server_started_last_is_found_and_after_its_end_the_one_before(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with another(tmp_path, 8080) as first:
        assert find(settings) == "127.0.0.1:8080"
        with pytest.raises(ConfigurationError), noted(settings, 4711):
            os.utime(tmp_path / FOLDER / str(first.pid), (1, 1))  # it came before, however coarse the clock
            assert find(settings) == "127.0.0.1:4711"
            raise ConfigurationError("the second one ended early")
        assert find(settings) == "127.0.0.1:8080"
        assert first.stdin is not None
        first.stdin.close()
    assert find(Settings(data_dir=tmp_path, port=99)) == "127.0.0.1:99", "none is noted any more"


def test_a_killed_servers_note_counts_for_nothing_and_the_next_one_removes_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with another(tmp_path, 8080) as killed:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    assert noted_files(tmp_path) == 1
    assert find(settings) == settings.address(settings.port)
    with noted(settings, 4711):
        assert (find(settings), noted_files(tmp_path)) == ("127.0.0.1:4711", 1)


@pytest.mark.parametrize(
    ("host", "reached"),
    [("0.0.0.0", "127.0.0.1:80"), ("::", "[::1]:80"), ("::1", "[::1]:80"), ("10.0.0.7", "10.0.0.7:80")],
)
def test_a_server_on_all_addresses_is_reached_on_this_machines(
    tmp_path: Path, host: str, reached: str
) -> None:
    settings = Settings(data_dir=tmp_path, host=host)
    with noted(settings, 80):
        assert find(settings) == reached


def test_a_directory_that_cannot_be_written_to_is_told_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    with (
        pytest.raises(SettingsError, match="RAPIDA_DATA_DIR: cannot use"),
        noted(Settings(data_dir=tmp_path), 1),
    ):
        raise AssertionError("it was noted")
