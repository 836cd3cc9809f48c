"""How many requests of one process may wait for the same thing at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from restaurant_monitor.http.errors import Busy
from restaurant_monitor.http.places import Places


@pytest.fixture
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def leave():
    """Set at the end, so that no thread of a failed test waits for ever."""
    event = Event()
    yield event
    event.set()


def sit(places, leave, taken=None):
    with places.one():
        if taken:
            taken.set()
        leave.wait()
        return "sat"


def full(places, count, threads, leave):
    """Take all places in other threads."""
    sitting = []
    for _ in range(count):
        taken = Event()
        sitting.append(threads.submit(sit, places, leave, taken))
        taken.wait()
    return sitting


def test_one_more_is_refused_once_nobody_comes_or_goes(threads, leave):
    places = Places(2, patience=0)
    sitting = full(places, 2, threads, leave)
    for _ in range(3):
        with pytest.raises(Busy), places.one():
            pass
    leave.set()
    assert [one.result() for one in sitting] == ["sat"] * 2
    with places.one():
        pass


def test_more_wait_while_others_come_and_go(threads, leave):
    places = Places(2, patience=60)
    sitting = full(places, 2, threads, leave)
    more = [threads.submit(sit, places, leave) for _ in range(6)]
    assert not any(one.done() for one in more)
    leave.set()
    assert [one.result() for one in sitting + more] == ["sat"] * 8


def test_who_has_a_place_needs_no_second_one():
    places = Places(1, patience=0)
    for _ in range(2):
        with places.one(), places.one(), places.one():
            pass


def test_a_place_is_free_after_an_error():
    places = Places(1, patience=0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), places.one():
            raise ZeroDivisionError
