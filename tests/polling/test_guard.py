"""No probe reaches an inside address: literal, by name, by redirect, by rebinding."""

import socket
from ipaddress import ip_network

import pytest

from stores.polling.guard import is_allowed
from tests.polling.looking import LOOPBACK, found

REFUSED = (None, "refused address")
INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",  # carriers' NAT
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # metadata of clouds
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",  # documentation
    "192.168.1.1",
    "198.18.0.1",  # benchmarks
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # 127.0.0.1, as IPv4 was once written
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",  # translated
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",  # NAT64 within a network
    "100::1",
    "2001::1",  # Teredo
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "2002:808:808::1",  # 6to4 of a public address
    "3fff::1",  # documentation
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%2",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "172.32.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2606:4700::1111",
    "2a00:1450:4001:800::200e",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_refused(address):
    assert not is_allowed(address, [])


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_allowed(address):
    assert is_allowed(address, [])


@pytest.mark.parametrize(
    ("address", "network", "allowed"),
    [
        ("10.1.2.3", "10.1.0.0/16", True),
        ("::ffff:10.1.2.3", "10.1.0.0/16", True),
        ("10.2.2.3", "10.1.0.0/16", False),
        ("fd00::5", "fd00::/64", True),
        ("fd00::5", "10.0.0.0/8", False),
        ("fe80::5%1", "fe80::/64", True),
        ("8.8.8.8", "10.1.0.0/16", True),
    ],
)
def test_the_list_of_networks_allows_more(address, network, allowed):
    assert is_allowed(address, [ip_network(network)]) == allowed


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
    ],
)
def test_a_probe_of_an_inside_address_gives_no_poll(servers, host):
    assert found(f"http://{host}:{servers.port}/ok", networks=[]) == REFUSED
    assert not servers.requests


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_other_forms_of_127_0_0_1_reach_nothing(servers, host):
    is_active, _ = found(f"http://{host}:{servers.port}/ok", networks=[])
    assert is_active is None
    assert not servers.requests


def resolve(monkeypatch, *answers):
    """Let names have these lists of addresses, one list at each question."""
    asked = []
    last = list(answers)

    def getaddrinfo(host, port, *rest, **options):
        asked.append(host)
        addresses = last.pop(0) if len(last) > 1 else last[0]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_of_an_inside_address_is_refused(servers, monkeypatch):
    resolve(monkeypatch, ["127.0.0.1"])
    url = f"http://store.example:{servers.port}/ok"
    assert found(url, networks=[]) == REFUSED
    assert not servers.requests


def test_a_name_is_resolved_once_for_a_request(servers, monkeypatch):
    """Whoever answers a second question differently gains nothing."""
    asked = resolve(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    only = [ip_network("127.0.0.1/32")]
    url = f"http://store.example:{servers.port}/ok"
    assert found(url, networks=only) == (True, "")
    assert asked == ["store.example"]


def test_a_second_request_resolves_and_checks_again(servers, monkeypatch):
    """The redirect leads to the same name, which has another address by then."""
    asked = resolve(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    only = [ip_network("127.0.0.1/32")]
    url = f"http://store.example:{servers.port}/moved"
    assert found(url, networks=only) == REFUSED
    assert asked == ["store.example"] * 2
    assert servers.paths() == ["/moved"]


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:{}/ok", "http://[::1]:{}/ok", "//localhost:{}/ok"]
)
def test_a_redirect_to_an_inside_address_is_refused(servers, monkeypatch, target):
    location = target.format(servers.port)
    head = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
    servers.answers["/inside"] = f"{head}Location: {location}\r\n\r\n".encode()
    resolve(monkeypatch, ["127.0.0.2"])
    only = [ip_network("127.0.0.1/32")]
    assert found(servers.url("/inside"), networks=only) == REFUSED
    assert servers.paths() == ["/inside"]


def test_of_several_addresses_an_inside_one_is_never_asked(servers, monkeypatch):
    resolve(monkeypatch, ["192.168.0.1", "127.0.0.1"])
    url = f"http://store.example:{servers.port}/ok"
    is_active, reason = found(url, networks=LOOPBACK)
    assert (is_active, reason) in [(True, ""), REFUSED]


def test_no_proxy_of_the_environment_is_used(servers, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", servers.url("/"))
    monkeypatch.setenv("http_proxy", servers.url("/"))
    resolve(monkeypatch, ["10.0.0.1"])
    assert found("http://store.example/", networks=[]) == REFUSED
    assert not servers.requests
