"""The HTTP transport that connects only to public addresses, and to what the operator allows.

The check is made where the connection is made, on the same addresses: between a look-up that was checked and
a second one that is used, the owner of the name could change the answer (DNS rebinding). Requests keep the
name, so that the Host header, the TLS server name and the certificate check are as usual.

The tables are IANA's special-purpose address registries (RFC 6890 and its updates) rather than
`ipaddress.is_global`, whose answer has changed between releases of Python.
"""

import asyncio
import contextlib
import logging
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore
import httpx

log = logging.getLogger(__name__)

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# A host's addresses for a port, best first, at least one. Raises OSError if there is no such host.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# The ports that publishers use. Any other port may belong to a service that is not the web.
USUAL_PORTS = frozenset({80, 443, 8080, 8443})

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

# Only this block is assigned to the public. Loopback, link-local, unique local, multicast, IPv4-mapped
# (::ffff:0:0/96) and NAT64 (64:ff9b::/96, 64:ff9b:1::/48) addresses are all outside of it.
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
    """We do not connect to this address. The text is the reason, in plain words."""


def is_public(address: IPAddress) -> bool:
    """Whether `address` is on the public Internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowList:
    """Hosts and networks of the operator, which may be fetched although they are not public.

    A port of None stands for the usual ports; any other port must be named.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[IPNetwork, int | None], ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "AllowList":
        """From entries such as `news.lan`, `news.lan:8000`, `10.1.0.0/16`, `10.1.2.3:8000`, `[fd00::/8]:81`.

        Raises ValueError, which names the entry.
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: list[tuple[IPNetwork, int | None]] = []
        for entry in entries:
            where, port = _split_port(entry)
            try:
                networks.append((ip_network(where), port))
            except ValueError:
                if not _HOST.fullmatch(where):
                    raise _invalid_entry(entry) from None
                hosts.add((_host_key(where), port))
        return cls(hosts=frozenset(hosts), networks=tuple(networks))

    def has_host(self, host: str, port: int) -> bool:
        key = _host_key(host)
        return (key, port) in self.hosts or (port in USUAL_PORTS and (key, None) in self.hosts)

    def has_address(self, address: IPAddress, port: int) -> bool:
        return any(
            address in network and (port == allowed or (allowed is None and port in USUAL_PORTS))
            for network, allowed in self.networks
        )


_HOST = re.compile(r"[^\s/:\[\]@]+")
_ENTRY = re.compile(
    r"\[(?P<bracketed>[^\]]*)\](?::(?P<port6>[0-9]{1,5}))?|(?P<plain>[^:]*):(?P<port4>[0-9]{1,5})"
)


def _split_port(entry: str) -> tuple[str, int | None]:
    parts = _ENTRY.fullmatch(entry.strip())
    if parts is None:  # no port: a name, a network, or an IPv6 address without brackets
        return entry.strip(), None
    port = parts["port6"] or parts["port4"]
    if port is not None and not 0 < int(port) < 65536:
        raise _invalid_entry(entry)
    return parts["bracketed"] or parts["plain"] or "", None if port is None else int(port)


def _invalid_entry(entry: str) -> ValueError:
    return ValueError(f"not a host, host:port or network that could be allowed: {entry!r}")


def _host_key(host: str) -> str:
    return host.lower().rstrip(".")


def check_addresses(
    host: str, port: int, addresses: Sequence[str], allowed: AllowList
) -> tuple[IPAddress, ...]:
    """The addresses of `host`, in the resolver's order, if we may connect to all of them.

    One address that is not public refuses the host: publishers have none, and the owner of the name could
    otherwise choose which address is used. Raises AddressRefused, whose text tells a stranger nothing about
    the network that we run in.
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


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses by the system's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpcore's connection pool behind httpx's interface; httpx's own takes no network backend.

    Raises AddressRefused besides httpx's exceptions.
    """

    def __init__(
        self,
        *,
        allowed: AllowList,
        max_connections: int,
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_connections=max_connections,
            keepalive_expiry=5.0,
            network_backend=_GuardedBackend(allowed, resolver),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not isinstance(request.stream, httpx.AsyncByteStream):
            raise TypeError("an async request has an async body")
        with _as_httpx_errors():
            response = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_ResponseStream(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, allowed: AllowList, resolver: Resolver) -> None:
        self._allowed, self._resolver, self._inner = allowed, resolver, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the base's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._addresses(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name could not be looked up in time") from error
        except (OSError, UnicodeError) as error:  # getaddrinfo encodes names by itself
            raise httpcore.ConnectError("no such host") from error
        try:
            checked = check_addresses(host, port, addresses, self._allowed)
        except AddressRefused:
            log.info("address refused", extra={"host": host, "port": port, "addresses": addresses})
            raise
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError("no such host")
        for address in checked:
            try:
                return await self._inner.connect_tcp(
                    str(address),
                    port,
                    # An address that does not answer leaves time for the others.
                    timeout=None if timeout is None else timeout / len(checked),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            return [str(ip_address(host))]
        except ValueError:
            return await self._resolver(host, port)


class _ResponseStream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_errors():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        with _as_httpx_errors():
            await self._response.aclose()


_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


@contextlib.contextmanager
def _as_httpx_errors() -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        theirs: type[httpx.TransportError] = getattr(httpx, type(error).__name__)  # named alike
        raise theirs(str(error)) from error
