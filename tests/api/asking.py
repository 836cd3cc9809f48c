"""Sends requests to the API and checks the answers."""

import csv
from datetime import time
from io import StringIO

from rest_framework.test import APIClient

from tests.api.stores import address

client = APIClient()


def check_is_problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert isinstance(problem["detail"], str)
    assert problem["detail"]
    return problem


def of_store(store_id, what, accept="application/json", **parameters):
    return client.get(address(store_id, what), parameters, headers={"accept": accept})


def answer(response):
    assert response.status_code == 200, response.json()
    assert response["Content-Type"] == "application/json"
    return response.json()


def cells(response):
    """The header and the rows of an answer in CSV."""
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(response.content.decode())))


def iso(instant):
    return instant.isoformat().replace("+00:00", "Z")


def span(since, until, as_of):
    return {"from": iso(since), "to": iso(until), "as_of": iso(as_of)}


def pages(response):
    """Follow the pages to the end; return all rows."""
    found, rows = answer(response), []
    while found["results"]:
        rows += found["results"]
        if found["next"] is None:
            break
        found = answer(client.get(found["next"]))
    return rows


def week_of(opens, closes):
    return [(weekday, time(opens), time(closes)) for weekday in range(7)]
