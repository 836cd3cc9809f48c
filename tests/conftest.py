"""What all tests share."""

import pytest

# Their assertions, too, shall say what was and what should have been.
for name in ("support", "admin", "api", "engine", "ingest", "service"):
    pytest.register_assert_rewrite(f"tests.{name}")
