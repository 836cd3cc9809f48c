"""Settings of the project. docs/operations.md lists the environment variables."""

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import dj_database_url
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from restaurant_monitor import logs
from restaurant_monitor.local import postgres
from restaurant_monitor.local.secret_key import check_strength, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# Without DATABASE_URL the project starts its own PostgreSQL server, and makes a key.
IS_EMBEDDED = "DATABASE_URL" not in os.environ
SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not IS_EMBEDDED:
    check_strength(SECRET_KEY)
SECRET_KEY = SECRET_KEY or secret_key(postgres.LOCAL / "secret_key")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
CSRF_TRUSTED_ORIGINS = os.environ.get("TRUSTED_ORIGINS", "").split()

# Open mode: nobody needs an account. Only a service that nobody reaches from another
# machine is open, and REQUIRE_LOGIN closes that one too.
OPEN = (
    IS_EMBEDDED
    and {*ALLOWED_HOSTS} <= {"127.0.0.1", "localhost"}
    and not CSRF_TRUSTED_ORIGINS
    and not os.environ.get("REQUIRE_LOGIN")
)

# How many proxies are in front of the web server and say whose requests they pass on.
PROXIES = int(os.environ.get("PROXIES", "0"))

# People who see the service by https send their cookies only by https, from then on.
IS_HTTPS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether other hosts of the domain have TLS is not ours to say
    "security.W008",  # the proxy redirects to https; it may reach us by http
    "security.W021",  # for the same reason as the first
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "restaurant_monitor.access.passwords.PasswordBackend",
]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "home", "login"
SESSION_COOKIE_AGE = 12 * 60 * 60  # people log in once a day
CSRF_COOKIE_HTTPONLY = True  # forms and pages have the token too

# After so many wrong passwords for one username from one address, none is accepted for
# this time. A request in the meantime does not prolong it.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "restaurant_monitor.access.addresses.client_address"
AXES_LOCKOUT_CALLABLE = "restaurant_monitor.access.views.locked_out"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# It stores what a form sent. These fields it leaves out.
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "ip_address",
    "csrfmiddlewaretoken",
    "old_password",
    "new_password1",
    "new_password2",
]

INSTALLED_APPS = [
    "restaurant_monitor.access",
    "restaurant_monitor.counters",
    "restaurant_monitor.jobs",
    "stores",
    "reports",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "django_htmx",
    "axes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "restaurant_monitor.http.requests.log_requests",
    "restaurant_monitor.http.policy.set_policy",
    "stores.health.probes.answer_probes",
    "django.middleware.security.SecurityMiddleware",
    "restaurant_monitor.http.caching.ask_again",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "restaurant_monitor.http.versions.refuse_database_of_other_version",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "restaurant_monitor.http.origins.refuse_other_sites",
    "restaurant_monitor.http.contents.refuse_unreadable",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "restaurant_monitor.access.actors.note_actor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "restaurant_monitor" / "http" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "restaurant_monitor.access.open.say_open",
            ],
        },
    }
]
ROOT_URLCONF = "restaurant_monitor.urls"
WSGI_APPLICATION = "restaurant_monitor.wsgi.application"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "restaurant_monitor" / "http" / "static"]
# The files at the root: /favicon.ico.
WHITENOISE_ROOT = BASE_DIR / "restaurant_monitor" / "http" / "root"
WHITENOISE_USE_FINDERS = True  # no need to run collectstatic

ENGINE = "sql.backend"
if IS_EMBEDDED:
    DATABASES = {"default": {"ENGINE": ENGINE, **postgres.ensure_running()}}
else:
    DATABASES = {"default": dj_database_url.config(engine=ENGINE)}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

# A server may have other defaults. The driver can read only this style of intervals. A
# statement that waited for a lock must see what was committed in the meantime. If the
# client is gone, its statement and its locks soon end too. To compile a query (jit)
# takes longer than it saves on tables of this size.
OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
OPTIONS["isolation_level"] = ISOLATION_LEVEL_READ_COMMITTED
# Nobody waits for hours for a host that was switched off: five seconds for a new
# connection, and about twenty until an open one is found dead.
HOST_IS_GONE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,  # ms
}
OPTIONS |= HOST_IS_GONE | OPTIONS
for setting in (
    "intervalstyle=postgres",
    "client_connection_check_interval=1s",
    "jit=off",
):
    OPTIONS["options"] = f"{OPTIONS.get('options', '')} -c {setting}"

# How long a statement of a web request may take, and how long it waits for a lock.
REQUEST_SECONDS = int(os.environ.get("REQUEST_SECONDS", "30"))
LOCK_SECONDS = 20

USE_TZ = True
TIME_ZONE = "UTC"

# Rule 6: how old the last poll may be to give its status to a session without a poll.
CARRY_LIMIT = timedelta(hours=float(os.environ.get("CARRY_LIMIT_HOURS", "24")))

# After how many days the worker deletes data. For polls, the days count back from the
# newest poll; for all else, from now. None means never.
KEEP_POLLS_DAYS = int(os.environ.get("KEEP_POLLS_DAYS", "0")) or None
KEEP_REPORTS_DAYS = int(os.environ.get("KEEP_REPORTS_DAYS", "30")) or None
KEEP_AUDIT_DAYS = int(os.environ.get("KEEP_AUDIT_DAYS", "365")) or None
KEEP_ALERTS_DAYS = int(os.environ.get("KEEP_ALERTS_DAYS", "365")) or None

# Into which networks polling may go beside the public internet, such as 10.1.0.0/16.
PROBE_NETWORKS = [*map(ip_network, os.environ.get("PROBE_NETWORKS", "").split())]

# How long one attempt at a report, or at uploaded files, may take.
REPORT_SECONDS = int(os.environ.get("REPORT_SECONDS", "120"))
INGEST_SECONDS = int(os.environ.get("INGEST_SECONDS", "1800"))
# The queue ends an attempt this much later than the database ends its statement. So the
# job keeps the error of the database.
GRACE_SECONDS = 10
# How large an upload may be.
UPLOAD_BYTES = int(os.environ.get("UPLOAD_MB", "512")) << 20
# After this time without a heartbeat, the worker counts as hung.
HEARTBEAT_SECONDS = int(os.environ.get("HEARTBEAT_SECONDS", "30"))

# What /readyz calls too old: a queued job, and the newest poll. 0 means no limit.
READY_JOB_MINUTES = int(os.environ.get("READY_JOB_MINUTES", "10"))
READY_POLL_MINUTES = int(os.environ.get("READY_POLL_MINUTES", "0"))
# Who may read /metrics: whoever sends this token. Without one, nobody.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# The server that sends the mail of alerts. Without one there is no mail.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = bool(os.environ.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(os.environ.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "restaurant-monitor@localhost")
# The address of the pages, for the links in messages. Without one they have none.
SITE_URL = os.environ.get("SITE_URL") or next(
    (origin for origin in CSRF_TRUSTED_ORIGINS if "*" not in origin), ""
)
SITE_URL = SITE_URL.rstrip("/")

# How many requests of a kind a user may send in a time; 0 means any number.
LIMITS = {
    "reports": (int(os.environ.get("REPORTS_PER_HOUR", "120")), timedelta(hours=1)),
    "uploads": (int(os.environ.get("UPLOADS_PER_HOUR", "120")), timedelta(hours=1)),
    "pushes": (int(os.environ.get("PUSHES_PER_MINUTE", "600")), timedelta(minutes=1)),
    "changes": (int(os.environ.get("CHANGES_PER_MINUTE", "600")), timedelta(minutes=1)),
}

Q_CLUSTER = {
    "name": "restaurant_monitor",
    "orm": "default",
    "workers": 2,
    "queue_limit": 1,  # a message waits in the database until a worker is free
    "bulk": 1,
    "poll": 0.5,
    "timeout": REPORT_SECONDS + GRACE_SECONDS,  # an ingest has its own
    "retry": 3 * (max(REPORT_SECONDS, INGEST_SECONDS) + GRACE_SECONDS),
    # The queue does not count the attempt of a killed worker. The Job counts it.
    "max_attempts": 5,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,  # a schedule that was missed several times runs once
    "log_level": "WARNING",
}

LOGGING = logs.configuration(os.environ.get("LOG_FORMAT", "line"))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "restaurant_monitor.access.authentication.KeyAuthentication",
        "restaurant_monitor.access.authentication.OpenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["restaurant_monitor.access.permissions.Needed"],
    "DEFAULT_THROTTLE_CLASSES": ["restaurant_monitor.access.limits.Limited"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "restaurant_monitor.http.accept.ByQuality",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "restaurant_monitor.http.problems.as_problem",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "NUM_PROXIES": PROXIES,
    "URL_FORMAT_OVERRIDE": None,  # only Accept chooses the format
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Restaurant Monitor",
    "VERSION": "1",
    "DESCRIPTION": (
        "How long each store was up, down and unobserved within its business hours. "
        "Moments are ISO 8601, such as `2023-01-25T12:00:00Z`, in UTC unless they have "
        "an offset. Errors are problem details (RFC 9457). If an answer has rows, "
        "`Accept: text/csv` returns them as CSV. A request line may have 4,094 bytes. "
        "A 503 says in `Retry-After` after how many seconds to try again."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "restaurant_monitor.http.docs.with_examples",
        "restaurant_monitor.http.docs.with_limits",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "PATH_CONVERTER_OVERRIDES": {
        "segment": {
            "type": "string",
            "description": "The id of the store, percent-encoded, or escaped as in "
            "`store_url`: `=a~2Fb` for `a/b`.",
        }
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/favicon.ico",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "StoreStatus": "stores.api.stores.STATUSES",
        "PeriodStatus": "stores.api.timeline.STATUSES",
        "PollStatus": "stores.api.timeline.POLL_STATUSES",
        "RuleKind": "reports.api.alerts.KINDS",
        "ChannelKind": "reports.api.rules.CHANNEL_KINDS",
    },
}
