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
