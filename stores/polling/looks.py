"""Looks at stores over HTTP: one look, and many at once. It knows no database.

A look asks for the address of a probe and follows redirects. After a fault of the
network it tries once more.
"""

import asyncio
import logging
import ssl
import time
from collections import defaultdict, namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Event

import aiohttp
from yarl import URL

from stores.polling.guard import Guard
from stores.polling.judging import (
    BODY_NOT_READABLE,
    MOST_BYTES,
    STATUS,
    is_wanted,
    needs_body,
    reason_in,
)

USER_AGENT = "RestaurantMonitor/1 (polls whether this store is online)"
AT_ONCE = 200  # looks at once
AT_ONCE_PER_HOST = 4
CONNECT_SECONDS = 10
LOOK_SECONDS = 20  # for one try, with its redirects
RETRY_SECONDS = 2  # between the tries
MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}
BATCH_SECONDS = 0.2

# Why a store is not active. The first ones are faults of the network.
TIMEOUT, DNS, TLS, CONNECTION = "timeout", "dns", "tls", "connection"
OF_THE_NETWORK = [TIMEOUT, DNS, TLS, CONNECTION]
TOO_MANY_REDIRECTS, BAD_REDIRECT = "too many redirects", "bad redirect"
NOT_HTTP = "answer not readable"
# These say nothing about the store: a setting is wrong, or this program.
REFUSED, BAD_URL, OUR_FAULT = "refused address", "bad url", "error of the poller"
NO_POLL = {REFUSED, BAD_URL, OUR_FAULT}

Looked = namedtuple("Looked", "store_id looked_at is_active reason host milliseconds")

logger = logging.getLogger(__name__)


class BadRedirect(Exception):
    """A redirect to what is no address of http or https."""


# --- Many looks


def look_at(probes, networks, seconds):
    """Look at stores; yield lists of Looked as they come.

    `probes` are rows with the fields of a Probe. `networks` is the allow-list of the
    guard. After so many seconds no look begins any more, so some probes may have none.
    The looks run in a thread of their own, so that their keeper may use the database.
    """
    found, is_over = SimpleQueue(), Event()
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(1, "looks") as thread:
        looks = thread.submit(
            asyncio.run, many_looks(probes, networks, found.put, is_over)
        )
        try:
            while not looks.done() or not found.empty():
                if time.monotonic() > until:
                    is_over.set()
                if batch := taken(found):
                    yield batch
            looks.result()
        finally:
            is_over.set()


def taken(queue):
    """Return what is in a queue, as a list. Wait a moment for the first item."""
    batch = []
    with suppress(Empty):
        batch.append(queue.get(timeout=BATCH_SECONDS))
        while True:
            batch.append(queue.get_nowait())
    return batch


async def many_looks(probes, networks, put, is_over):
    """Look at stores, AT_ONCE at most; call `put` with each Looked."""
    # The names of hosts are resolved in threads, each of which may have to wait.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE, "dns"))
    tls = ssl.create_default_context()
    places = Places()

    async def one_look(probe):
        async with places.of(host_of(probe)):
            if not is_over.is_set():
                put(await look(probe, networks, tls))

    looks = [one_look(probe) for probe in probes]
    ended = await asyncio.gather(*looks, return_exceptions=True)
    for probe, error in zip(probes, ended, strict=True):
        if error is not None:
            # One odd answer must not end the round of all others.
            logger.error("a look at %s failed", probe.store_id, exc_info=error)
            put(looked(probe, OUR_FAULT, time.monotonic()))


class Places:
    """Limits the looks at once: of all hosts, and of each one."""

    def __init__(self):
        self.all = asyncio.Semaphore(AT_ONCE)
        self.by_host = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_PER_HOST))

    @asynccontextmanager
    async def of(self, host):
        # In this order, those that wait for a slow host take no place from others.
        async with self.by_host[host], self.all:
            yield


# --- One look


async def look(probe, networks, tls):
    """Look at a store; return a Looked."""
    began = time.monotonic()
    reason = await reason_of_try(probe, networks, tls)
    if reason in OF_THE_NETWORK:
        await asyncio.sleep(RETRY_SECONDS)
        reason = await reason_of_try(probe, networks, tls)
    return looked(probe, reason, began)


def looked(probe, reason, began):
    return Looked(
        probe.store_id,
        datetime.now(UTC),
        None if reason in NO_POLL else not reason,
        reason,
        host_of(probe),
        round((time.monotonic() - began) * 1000),
    )


def host_of(probe):
    try:
        return URL(probe.url).host or ""
    except ValueError:
        return ""


async def reason_of_try(probe, networks, tls):
    """Ask once; return why the store is not active. Empty if it is."""
    guard = Guard(networks)
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            reason = await ask(probe, guard, tls)
    except (aiohttp.ClientError, OSError, ValueError, BadRedirect) as error:
        reason = reason_of(error)
    return REFUSED if guard.refused else reason


def reason_of(error):
    """Return in a word why a request failed. The first kind that fits counts."""
    return next(reason for kind, reason in KINDS if isinstance(error, kind))


# The kinds of errors, each before those that it belongs to.
KINDS = [
    (BadRedirect, BAD_REDIRECT),
    (TimeoutError, TIMEOUT),
    (aiohttp.InvalidURL, BAD_URL),
    (aiohttp.ClientConnectorDNSError, DNS),
    ((aiohttp.ClientSSLError, ssl.SSLError), TLS),
    (aiohttp.ClientPayloadError, BODY_NOT_READABLE),
    (aiohttp.ClientResponseError, NOT_HTTP),
    ((aiohttp.ClientError, OSError), CONNECTION),
    (ValueError, BAD_URL),
]


async def ask(probe, guard, tls):
    """Ask for the address of a probe; return why the store is not active, or ""."""
    url = URL(probe.url)
    async with session(guard, tls) as http:
        for number in range(MOST_REDIRECTS + 1):
            try:
                found = await ask_once(http, url, probe)
            except ValueError as error:
                if number == 0:
                    raise
                raise BadRedirect from error
            if not isinstance(found, URL):
                return found
            url = found
    return TOO_MANY_REDIRECTS


async def ask_once(http, url, probe):
    """Ask for an address; return as `ask` does, or the address of a redirect."""
    async with http.get(url, allow_redirects=False) as answer:
        goes_on = answer.status in REDIRECTS and "Location" in answer.headers
        if is_wanted(probe, answer.status) or not goes_on:
            return await reason_in_answer(probe, answer)
        return redirected(url, answer.headers["Location"])


def session(guard, tls):
    """Return a client for one look: it keeps no connection, cookie or address."""
    connector = aiohttp.TCPConnector(
        ssl=tls,
        force_close=True,
        use_dns_cache=False,
        socket_factory=guard.make_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
    )


def redirected(url, location):
    """Return where a redirect leads; raise BadRedirect."""
    try:
        target = url.join(URL(location))
    except ValueError as error:
        raise BadRedirect from error
    if target.scheme not in ("http", "https") or not target.host:
        raise BadRedirect
    return target


async def reason_in_answer(probe, answer):
    if not is_wanted(probe, answer.status):
        return STATUS.format(answer.status)
    if not needs_body(probe):
        return ""
    return reason_in(probe, await body_of(answer), answer.charset or "utf-8")


async def body_of(answer):
    """Return the first MOST_BYTES of a body."""
    body = b""
    while len(body) < MOST_BYTES and (more := await answer.content.readany()):
        body += more
    return body[:MOST_BYTES]
