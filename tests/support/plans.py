"""Collects the plans of all statements on the connection of the tests."""

from contextlib import contextmanager

from django.db import connection

EXPLAINABLE = (
    "select",
    "with",
    "insert",
    "update",
    "delete",
    "create temporary table",
)


@contextmanager
def explained():
    """While open, explain each statement before it runs; yield the list of plans."""
    plans = []
    is_explaining = False

    def explain(execute, statement, params, many, context):
        nonlocal is_explaining
        words = str(statement).lower().split("\n")
        text = " ".join(w for w in words if not w.startswith("--")).strip()
        if text.startswith(EXPLAINABLE) and not is_explaining:
            is_explaining = True
            with connection.cursor() as cursor:
                cursor.execute(f"explain {statement}", params)
                plan = "\n".join(line for (line,) in cursor.fetchall())
            plans.append(f"{statement}\n{plan}")
            is_explaining = False
        return execute(statement, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans
