"""Settings of the project. README has the table of what the environment may set."""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url

from restaurant_monitor import embedded

BASE_DIR = Path(__file__).resolve().parent.parent

INSTALLED_APPS = ["stores", "reports"]

# Without DATABASE_URL the project brings, and here starts, its own PostgreSQL.
if "DATABASE_URL" in os.environ:
    DATABASES = {"default": dj_database_url.config()}
else:
    ENGINE = "django.db.backends.postgresql"
    DATABASES = {"default": {"ENGINE": ENGINE, **embedded.ensure_running()}}

# The driver reads intervals in this style only, and a server may prefer another.
OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
OPTIONS["options"] = f"{OPTIONS.get('options', '')} -c intervalstyle=postgres"

USE_TZ = True
TIME_ZONE = "UTC"

# Rule 6: how old the last evidence may be to speak for a session without a poll.
CARRY_LIMIT = timedelta(hours=float(os.environ.get("CARRY_LIMIT_HOURS", "24")))
