"""Which network addresses a stranger's link may lead to: public ones, and what the operator allows.

The tables are IANA's special-purpose address registries (RFC 6890 and its updates) rather than
`ipaddress.is_global`, whose answer has changed between releases of Python.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

USUAL_PORTS = frozenset({80, 443, 8080, 8443})
"""The ports that publishers use. Any other leads a stranger's link to some service that is not the web."""

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and a cloud's metadata (100.100.100.200)
        "127.0.0.0/8",
        "168.63.129.16/32",  # public by number, yet Azure's own host agent on every machine there
        "169.254.0.0/16",  # link-local, and most clouds' metadata (169.254.169.254)
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

# Only this block is handed out to the public. Loopback, link-local, unique local, multicast, IPv4-mapped
# (::ffff:0:0/96) and NAT64 (64:ff9b::/96, 64:ff9b:1::/48) addresses all lie outside of it.
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")

_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, which carries an IPv4 address, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address
        "3fff::/20",  # documentation
    )
)


class AddressRefused(Exception):
    """The address is not one that a stranger's link may lead to. Its text is the reason, in plain words."""


def is_public(address: IPAddress) -> bool:
    """Whether `address` is somewhere on the public Internet, and nothing else."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowList:
    """An operator's own hosts, which may be fetched wherever they are.

    A port of None stands for the usual ports; any other must be named.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[IPNetwork, int | None], ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowList":
        """From entries such as `news.lan`, `news.lan:8000`, `10.1.0.0/16`, `10.1.2.3:8000`, `[fd00::/8]:81`.

        Raises ValueError, naming the entry.
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: list[tuple[IPNetwork, int | None]] = []
        for entry in entries:
            where, port = _split_port(entry)
            network = _network(where)
            if network is not None:
                networks.append((network, port))
            elif _HOST.fullmatch(where):
                hosts.add((_host_key(where), port))
            else:
                raise _not_understood(entry)
        return cls(hosts=frozenset(hosts), networks=tuple(networks))

    def has_host(self, host: str, port: int) -> bool:
        key = _host_key(host)
        return (key, port) in self.hosts or (port in USUAL_PORTS and (key, None) in self.hosts)

    def has_address(self, address: IPAddress, port: int) -> bool:
        return any(
            address in network and (port == allowed or (allowed is None and port in USUAL_PORTS))
            for network, allowed in self.networks
        )


def vet(host: str, port: int, addresses: Sequence[str], allowed: AllowList) -> tuple[IPAddress, ...]:
    """The addresses of `host` that may be connected to: all of them, in the resolver's order.

    One address that is not public condemns the name: honest publishers have none, and which one would
    be used is otherwise the name's owner's choice. Raises AddressRefused, in words that do not tell a
    stranger what the network inside looks like.
    """
    found = tuple(ip_address(address) for address in addresses)
    if allowed.has_host(host, port):
        return found
    for address in found:
        if allowed.has_address(address, port):
            continue
        if port not in USUAL_PORTS:
            raise AddressRefused(f"port {port} is not one that publishers use")
        if not is_public(address):
            raise AddressRefused("it leads to an address that is not public")
    return found


_HOST = re.compile(r"[^\s/:\[\]@]+")
_ENTRY = re.compile(
    r"\[(?P<bracketed>[^\]]*)\](?::(?P<port6>[0-9]{1,5}))?|(?P<plain>[^:]*):(?P<port4>[0-9]{1,5})"
)


def _split_port(entry: str) -> tuple[str, int | None]:
    parts = _ENTRY.fullmatch(entry.strip())
    if parts is None:  # no port: a name, a network, or a bare IPv6 address with its colons
        return entry.strip(), None
    port = parts["port6"] or parts["port4"]
    if port is not None and not 0 < int(port) < 65536:
        raise _not_understood(entry)
    return parts["bracketed"] or parts["plain"] or "", None if port is None else int(port)


def _network(where: str) -> IPNetwork | None:
    try:
        return ip_network(where)
    except ValueError:
        return None


def _not_understood(entry: str) -> ValueError:
    return ValueError(f"not a host, host:port or network that could be allowed: {entry!r}")


def _host_key(host: str) -> str:
    return host.lower().rstrip(".")
