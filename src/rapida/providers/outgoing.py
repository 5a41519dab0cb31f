"""Addresses that users supply: looked up once, and connected to only if they are public.

People who configure an assistant name hosts that this server then asks: tools, model servers, a credential's
own host. So a name is resolved here, refused if it leads into this machine or its networks, and connected to
at the very address that was looked at: a name that changes its mind gains nothing. What RAPIDA_ALLOW_HOSTS
lists is let through. How requests are made is left to their makers.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from ..errors import ProviderRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
KEPT_S: Final = 300.0
"""How long an address is used before its name is asked again."""
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_INNER: Final = (
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's host agent
    ipaddress.ip_network("192.0.0.0/24"),  # the IETF's own, and in it Oracle's metadata (192.0.0.192)
    ipaddress.ip_network("fec0::/10"),  # site-local, as private networks were once numbered (RFC 3879)
)
"""Public by number, or to some version of Python, and yet the inside of somebody's network."""


_BARRED: Final = (
    "{host} is in a private network and is not asked; if it is meant, the operator lists it in "
    "RAPIDA_ALLOW_HOSTS"
)


class AddressRefused(ProviderRefused):
    """A host that leads into a private network. `host` is as it was written."""

    def __init__(self, provider: str, host: str) -> None:
        super().__init__(provider, _BARRED.format(host=host))
        self.host = host


class Policy:
    """Which private hosts this process may ask."""

    def __init__(self) -> None:
        self._allowed: frozenset[str] = frozenset()

    def allow(self, hosts: Iterable[str]) -> None:
        """Let these through, `host` for every port or `host:port`, instead of what was allowed before."""
        self._allowed = frozenset(host.lower() for host in hosts)

    def allows(self, host: str, port: int) -> bool:
        """Whether a host is listed, as it was written."""
        written = host.lower().rstrip(".")
        return written in self._allowed or f"{written}:{port}" in self._allowed

    def keeps_secret(self, url: str) -> bool:
        """Whether a secret may be sent to an address: encrypted, or where the operator knows the way.

        Raises `ValueError` for what is no address.
        """
        parts = urlsplit(url)
        return parts.scheme == "https" or self.allows(parts.hostname or "", parts.port or 80)

    def bars(self, url: str) -> str:
        """Why an address will never be asked, as far as it tells without a name server; empty = it may be."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme.lower(), 0)
        except ValueError:
            return "this is no address"
        if self.allows(host, port):
            return ""
        try:
            inside = not is_public(ipaddress.ip_address(host))
        except ValueError:
            inside = host.rstrip(".").lower() == "localhost"
        return _BARRED.format(host=host) if inside else ""

    async def resolve(self, provider: str, host: str, port: int) -> list[str]:
        """The addresses of a host that may be asked, best first.

        Raises `AddressRefused`, and `OSError` when the name has no address.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if self.allows(host, port):
            return addresses
        public = [each for each in addresses if is_public(ipaddress.ip_address(each.partition("%")[0]))]
        if not public:
            raise AddressRefused(provider, host)
        return public


policy: Final = Policy()
"""This process's own; the composition root fills it in."""


def is_public(address: Address) -> bool:
    """Whether an address, and every address wrapped in it, is public."""
    if any(address in network for network in _INNER if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if any(each is not None and not is_public(each) for each in wrapped):
            return False
        if address.ipv4_mapped is not None or address in _NAT64:
            return True
    return address.is_global and not address.is_multicast and not address.is_reserved


class Transport(httpx.AsyncBaseTransport):
    """httpx's transport, connecting to addresses that were looked at.

    For one host: a connection is kept under its address, and another host's name must not meet it there.
    """

    def __init__(self, provider: str, inner: httpx.AsyncBaseTransport) -> None:
        self._provider = provider
        self._inner = inner
        self._known: tuple[str, int] | None = None
        self._addresses: list[str] = []
        self._ask_again_at = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises `AddressRefused`, and what httpx raises."""
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        last: httpx.TransportError | None = None
        for address in list(await self._look_up(request, host, port)):
            try:
                return await self._inner.handle_async_request(_aimed(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as failed:
                last = failed
                self._ask_again_at = 0.0
        raise last or httpx.ConnectError("the name has no address", request=request)

    async def _look_up(self, request: httpx.Request, host: str, port: int) -> list[str]:
        now = asyncio.get_running_loop().time()
        if self._known == (host, port) and now < self._ask_again_at:
            return self._addresses
        if self._known not in (None, (host, port)):
            raise httpx.UnsupportedProtocol("one transport asks one host", request=request)
        try:
            found = await policy.resolve(self._provider, host, port)
        except OSError as unknown:
            raise httpx.ConnectError("the name has no address", request=request) from unknown
        # The address in use goes first while the name still leads there: its connections are open.
        used = self._addresses[:1]
        self._addresses = [each for each in used if each in found] + [e for e in found if e not in used]
        self._known, self._ask_again_at = (host, port), now + KEPT_S
        return self._addresses

    async def aclose(self) -> None:
        await self._inner.aclose()


def transport(
    provider: str, *, verify: ssl.SSLContext | bool = True, limits: httpx.Limits | None = None
) -> Transport:
    """The transport for requests to a host that a user named. `provider` names the asker in errors."""
    more: dict[str, Any] = {} if limits is None else {"limits": limits}
    return Transport(provider, httpx.AsyncHTTPTransport(verify=verify, trust_env=False, **more))


def _aimed(request: httpx.Request, host: str, address: str) -> httpx.Request:
    """The request for an address. Its Host header and the name its certificate must carry stay the host's."""
    literal = f"[{address}]" if ":" in address else address
    aimed = httpx.Request(
        request.method,
        request.url.copy_with(host=literal.strip("[]")),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
    aimed.headers["host"] = request.headers["host"]
    return aimed
