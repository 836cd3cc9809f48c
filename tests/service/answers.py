"""Checks answers of the service."""

import json


def check_is_problem(answer, status):
    assert answer.status == status
    assert answer.headers.get_content_type() == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


def check_is_unavailable(answer, reason):
    """It is a problem 503 that names the reason and when to try again."""
    check_is_problem(answer, 503)
    assert reason in json.loads(answer.body)["detail"]
    assert int(answer.headers["Retry-After"]) > 0
