"""Settings of the project. README has the table of what the environment may set."""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from restaurant_monitor.local import postgres
from restaurant_monitor.local.secret_key import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY") or secret_key(postgres.LOCAL / "secret_key")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
CSRF_TRUSTED_ORIGINS = os.environ.get("TRUSTED_ORIGINS", "").split()

INSTALLED_APPS = [
    "stores",
    "reports",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "restaurant_monitor" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "restaurant_monitor.urls"
WSGI_APPLICATION = "restaurant_monitor.wsgi.application"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # so that nothing has to be collected first

# Without DATABASE_URL the project brings, and here starts, its own PostgreSQL.
if "DATABASE_URL" in os.environ:
    DATABASES = {"default": dj_database_url.config()}
else:
    ENGINE = "django.db.backends.postgresql"
    DATABASES = {"default": {"ENGINE": ENGINE, **postgres.ensure_running()}}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

# A server may prefer others: the driver reads only this style of intervals, and who
# waits for a lock must see what was done meanwhile.
OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
OPTIONS["isolation_level"] = ISOLATION_LEVEL_READ_COMMITTED
OPTIONS["options"] = f"{OPTIONS.get('options', '')} -c intervalstyle=postgres"

USE_TZ = True
TIME_ZONE = "UTC"

# Rule 6: how old the last evidence may be to speak for a session without a poll.
CARRY_LIMIT = timedelta(hours=float(os.environ.get("CARRY_LIMIT_HOURS", "24")))

# After how many days the worker forgets polls, counted back from the newest one, and
# reports, counted back from now; None: never.
KEEP_POLLS_DAYS = int(os.environ.get("KEEP_POLLS_DAYS", "0")) or None
KEEP_REPORTS_DAYS = int(os.environ.get("KEEP_REPORTS_DAYS", "30")) or None

# How long one attempt at a report, or at files that were uploaded, may take, and how
# often it is tried at most.
REPORT_SECONDS = int(os.environ.get("REPORT_SECONDS", "120"))
INGEST_SECONDS = int(os.environ.get("INGEST_SECONDS", "1800"))
REPORT_ATTEMPTS = 5
# The queue ends an attempt so much later than a statement's limit, so that the database
# speaks first.
GRACE_SECONDS = 10
# How large an upload may be.
UPLOAD_BYTES = int(os.environ.get("UPLOAD_MB", "512")) << 20
# After how long without a sign of life the worker is taken for hung.
HEARTBEAT_SECONDS = int(os.environ.get("HEARTBEAT_SECONDS", "30"))

Q_CLUSTER = {
    "name": "restaurant_monitor",
    "orm": "default",
    "workers": 2,
    "bulk": 1,
    "poll": 0.5,
    "timeout": REPORT_SECONDS + GRACE_SECONDS,  # an ingest brings its own
    "retry": 3 * (max(REPORT_SECONDS, INGEST_SECONDS) + GRACE_SECONDS),
    # The Job counts its attempts, since a killed worker counts none here.
    "max_attempts": REPORT_ATTEMPTS,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,  # one missed run of a schedule is as good as ten
    "log_level": "WARNING",
}

# Django by itself mails errors to admins and shows them nowhere.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "restaurant_monitor.problems.as_problem",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,  # it is Accept that says which format
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Restaurant Monitor",
    "VERSION": "1",
    "DESCRIPTION": (
        "How long each store was up, down and unobserved within its business hours. "
        "Moments are ISO 8601 and in UTC unless they say otherwise. Errors are "
        "problem details (RFC 9457). Where an answer has rows, `Accept: text/csv` "
        "gets these as CSV. A request line may have 4,094 bytes."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "restaurant_monitor.docs.with_examples",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "StoreStatus": "stores.api.stores.STATUSES",
        "PeriodStatus": "stores.api.timeline.STATUSES",
        "PollStatus": "stores.api.timeline.POLL_STATUSES",
    },
}
