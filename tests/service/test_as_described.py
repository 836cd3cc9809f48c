"""The service is as the description of its API says."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import processes
from tests.support import service as svc


def test_the_service_is_as_described(service):
    """Schemathesis asks for all that the description allows, and what it does not."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file=tests/schemathesis.toml",
            "run",
            f"http://{svc.HOST}:{service.port}/api/schema",
            "--seed=1",
        ],
        cwd=processes.PROJECT,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    print(done.stdout)
    assert done.returncode == 0
