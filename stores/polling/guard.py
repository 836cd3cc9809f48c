"""Which addresses a probe may connect to: public ones, and those of an allow-list.

Whoever may set a probe could otherwise use this server to reach what only it can reach.
The guard makes the socket of each connection, for the very address that it then
connects to. So the name of a host is resolved once, and no later answer of its DNS
server, and no redirect, leads around the guard.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

GLOBAL_UNICAST = ip_network("2000::/3")
# Python 3.11 does not know these: protocols, 6to4 relays, documentation.
RESERVED = [*map(ip_network, ["192.0.0.0/24", "192.88.99.0/24", "3fff::/20"])]
NAT64 = ip_network("64:ff9b::/96")  # an IPv4 address in its last 32 bits


class RefusedAddress(OSError):
    """A probe's host has an address that no probe may connect to."""


def is_allowed(address, networks):
    """Return if a probe may connect to an address: a public one, or in a network.

    `networks` are those of PROBE_NETWORKS.
    """
    address = plain(ip_address(address))
    return any(address in network for network in networks) or is_public(address)


def plain(address):
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if not isinstance(address, IPv6Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or IPv6Address(int(address))  # without its zone


def is_public(address):
    """Return if the whole internet knows an address, and it is of one host.

    In IPv6, most of what is not global unicast is reserved. 6to4 and Teredo lead to an
    IPv4 address that is written in them. Nobody offers a store's page there.
    """
    if isinstance(address, IPv6Address) and (
        address not in GLOBAL_UNICAST or address.sixtofour or address.teredo
    ):
        return False
    if any(address in network for network in RESERVED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class Guard:
    """Makes the sockets of one look. `refused` tells if it refused an address."""

    def __init__(self, networks):
        self.networks = networks
        self.refused = False

    def make_socket(self, found):
        """Return a socket for an address as getaddrinfo returns it.

        Raises RefusedAddress.
        """
        family, kind, protocol, _, place = found
        if not is_allowed(place[0], self.networks):
            self.refused = True
            raise RefusedAddress(f"no probe may connect to {place[0]}")
        return socket.socket(family, kind, protocol)
