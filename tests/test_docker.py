"""What docker/ has for containers, compose, systemd and Kubernetes, tried without an engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import jsonschema_rs
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKER = ROOT / "docker"
CHART = DOCKER / "kubernetes" / "rapida"
PLACEHOLDER = re.compile(r"\{\{ \.(Values|Release)\.(\w+) \}\}")


# The image ------------------------------------------------------------------------------------------------


def test_the_image_runs_as_nobody_special_and_copies_what_there_is() -> None:
    lines = [line.split() for line in (DOCKER / "Dockerfile").read_text().splitlines() if line[:1].isalpha()]
    last = {words[0]: words[1:] for words in lines}
    assert last["USER"] == ["rapida"]
    assert "RAPIDA_HOST=0.0.0.0" in last["ENV"]
    sources = [
        each
        for words in lines
        if words[0] == "COPY" and not words[1].startswith("--from")
        for each in words[1:-1]
    ]
    kept = (DOCKER / "Dockerfile.dockerignore").read_text().split()
    for each in sources:
        assert (ROOT / each).exists()
        assert f"!{each}" in kept


@pytest.fixture
def container(tmp_path: Path) -> Any:
    """Run the image's script where `rapida` says what it was asked."""
    (bin_ := tmp_path / "bin").mkdir()
    (bin_ / "rapida").write_text('#!/bin/sh\necho "$*"; env | grep ^RAPIDA_ | sort\n')
    (bin_ / "rapida").chmod(0o755)

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{bin_}:{os.environ['PATH']}"
        return subprocess.run(
            [DOCKER / "start", *words],
            env={"PATH": path, **environment},
            check=False,
            capture_output=True,
            text=True,
        )

    return run


def test_the_image_serves_on_every_address_unless_another_command_is_named(
    container: Any, tmp_path: Path
) -> None:
    data = str(tmp_path / "data")
    assert container(RAPIDA_DATA_DIR=data).stdout.splitlines() == [
        "serve --processes 1",
        f"RAPIDA_DATA_DIR={data}",
        "RAPIDA_HOST=0.0.0.0",
    ]
    assert Path(data).stat().st_mode & 0o777 == 0o700
    chosen = container(RAPIDA_DATA_DIR=data, RAPIDA_PROCESSES="4", RAPIDA_HOST="10.0.0.1").stdout
    assert chosen.startswith("serve --processes 4\n")
    assert "RAPIDA_HOST=10.0.0.1" in chosen
    assert container("users", "list").stdout == "users list\n"


def test_a_volume_that_is_not_the_users_is_told(container: Any, tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    refused = container(RAPIDA_DATA_DIR=str(tmp_path / "data" / "below"))
    assert refused.returncode == 1
    assert "is not writable for user" in refused.stderr


# Compose --------------------------------------------------------------------------------------------------


def test_compose_is_what_its_schema_takes() -> None:
    (schema,) = (f for f in distribution("docker-compose").files or () if f.name == "compose_spec.json")
    takes = jsonschema_rs.validator_for(json.loads(schema.read_text()))
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    assert compose.pop("name") == "rapida"  # younger than the last schema that is in a package
    assert [each.message for each in takes.iter_errors(compose)] == []
    compose["services"]["rapida"]["imagee"] = compose["services"]["rapida"].pop("image", "rapida")
    assert [each.message for each in takes.iter_errors(compose)], "what is not compose is refused"


def test_compose_publishes_on_this_machine_alone_and_names_what_there_is() -> None:
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    services: dict[str, Any] = compose["services"]
    assert [name for name, each in services.items() if "profiles" not in each] == ["rapida"]
    assert {*services} - {"rapida"} == {"postgres", "node-1", "node-2", "balancer"}
    for name, each in services.items():
        assert set(each) <= {
            *("image", "build", "env_file", "restart", "stop_grace_period", "ports", "volumes"),
            *("environment", "profiles", "depends_on", "healthcheck"),
        }, name
        assert set(each.get("depends_on", ())) <= set(services)
        for port in each.get("ports", ()):
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
        for volume in each.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (DOCKER / source).exists() if source.startswith(".") else source in compose["volumes"]
        for file in each.get("env_file", ()):
            assert (DOCKER / file).read_text().endswith("PUBLIC_ASSISTANT_HOST=\n")
        if "build" in each:
            assert (DOCKER / each["build"]["context"] / each["build"]["dockerfile"]).exists()
    balanced = (DOCKER / "nginx.conf").read_text()
    assert re.findall(r"server (\S+):8080", balanced) == ["node-1", "node-2"]


# systemd --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is what checks its units")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = (DOCKER / "systemd" / "rapida.service").read_text()
    (tmp_path / "rapida.service").write_text(unit.replace("/opt/rapida/.venv/bin/rapida", "/bin/true"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "rapida.service"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert "rapida.service" not in checked.stderr, checked.stderr


# Kubernetes -----------------------------------------------------------------------------------------------


def rendered(file: Path) -> dict[str, Any]:
    """A template with its values. Only plain values are in them, which any engine puts in alike."""
    values = {"Values": yaml.safe_load((CHART / "values.yaml").read_text()), "Release": {"Name": "rapida"}}
    text = PLACEHOLDER.sub(lambda found: str(values[found[1]][found[2]]), file.read_text())
    assert "{{" not in text, "this test renders plain values only"
    return yaml.safe_load(text)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("file", sorted((CHART / "templates").iterdir()), ids=lambda file: file.name)
def test_what_the_chart_makes_is_what_kubernetes_takes(file: Path) -> None:
    kubernetes_validate.validate(rendered(file), kubernetes_validate.latest_version(), strict=True)


def test_a_node_is_taken_from_the_balancer_before_it_is_told_to_end() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["apiVersion"], chart["name"]) == ("v2", CHART.name)
    made = [rendered(file) for file in (CHART / "templates").iterdir()]
    [deployment] = [each for each in made if each["kind"] == "Deployment"]
    assert len(made) == 3
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert container["readinessProbe"]["periodSeconds"] * 2 < int(
        container["lifecycle"]["preStop"]["exec"]["command"][1]
    )
    assert pod["terminationGracePeriodSeconds"] > 600 + 10
    assert pod["securityContext"]["runAsNonRoot"]
    assert "RAPIDA_DATABASE_URL" not in json.dumps(deployment), "it comes from the secret"
