"""Which hosts the media relay may reach: those of the public internet, and those that MEDIA_ALLOW_HOSTS admits. Pure.

The judgement that counts is `is_public`, on the address that is dialled. `plainly_private` judges a name without
looking it up, so that no link is made that the relay would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from yarl import URL

GLOBAL_UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address
# Beside what the standard library calls private, which differs from version to version: protocol assignments (a cloud's
# metadata among them), the relays of 6to4, and another cloud's own service under a public address.
NEVER = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
PRIVATE_SUFFIXES = (".local", ".localhost", ".localdomain", ".internal", ".intranet", ".lan", ".home", ".corp", ".arpa")
# The last label of a spelling that some resolvers take for an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1.
NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
PORTS = frozenset({80, 443})
# A URL in these characters goes out exactly as it is: quoting it anew would break a signature in its query.
AS_IT_IS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def is_public(address: str) -> bool:
    """Whether an address, as a resolver writes it, is of the public internet, and so is every one embedded in it."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return _is_public(found)
    embedded = list(_embedded(found))
    if embedded:
        return all(map(_is_public, embedded))
    return found in GLOBAL_UNICAST and found.is_global and found.scope_id is None


def _is_public(address: IPv4Address) -> bool:
    special = address.is_multicast or address.is_reserved or any(address in network for network in NEVER)
    return address.is_global and not special


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that packets to this one end up at."""
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in TRANSLATED or int(address) >> 32 == 0:
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def plainly_private(host: str) -> bool:
    """Whether a host can be told to be private by its name alone; a public name may still lead to a private address."""
    bare = host.rstrip(".").lower()
    try:
        ip_address(bare)
    except ValueError:
        last = bare.rpartition(".")[2]
        return "." not in bare or bool(NUMERIC.fullmatch(last)) or bare.endswith(PRIVATE_SUFFIXES)
    return not is_public(bare)


def location_of(url: str) -> URL | None:
    """The URL of a file as it will be asked for, without its fragment; None when it is none of http or https."""
    try:
        url.encode()
        found = URL(url.strip(), encoded=bool(AS_IT_IS.fullmatch(url.strip())))
        usable = found.scheme in ("http", "https") and bool(found.raw_host) and 0 < (found.port or 0) < 65536
    except ValueError:
        return None
    return found.with_fragment(None) if usable else None


class AllowedHosts(NamedTuple):
    """Hosts that may be reached wherever they are, on any port or on one: what MEDIA_ALLOW_HOSTS lists."""

    hosts: frozenset[str]

    @classmethod
    def of(cls, listed: str) -> AllowedHosts:
        """`host` or `host:port`, separated by commas."""
        return cls(frozenset(each.strip().lower() for each in listed.split(",") if each.strip()))

    def admit(self, url: URL) -> bool:
        """Whether the list names this URL's host, or its host and port."""
        host = (url.raw_host or "").lower()
        written = f"[{host}]" if ":" in host else host
        return host in self.hosts or written in self.hosts or f"{written}:{url.port}" in self.hosts

    def may_try(self, url: URL) -> bool:
        """Whether the relay would look this URL up at all: no name and password, a usual port, not plainly private."""
        if url.raw_user is not None or url.raw_password is not None:
            return False
        return self.admit(url) or (url.port in PORTS and not plainly_private(url.raw_host or ""))
