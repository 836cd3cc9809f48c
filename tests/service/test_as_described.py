"""The service behaves as the description of its API says."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import processes, services


def test_the_service_matches_its_openapi_description(service):
    """Schemathesis sends what the description allows, and what it forbids."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file=tests/schemathesis.toml",
            "run",
            f"http://{services.HOST}:{service.port}/api/schema",
            "--seed=1",
            f"--header=Authorization: {processes.BEARER['Authorization']}",
        ],
        cwd=processes.PROJECT,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    print(done.stdout)
    assert done.returncode == 0
