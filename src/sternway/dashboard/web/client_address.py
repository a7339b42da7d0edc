"""From which address does a request come? A proxy's word counts only where the settings trust that proxy."""

import ipaddress
from collections.abc import Sequence

from starlette.requests import Request

from sternway.errors import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def trusted_networks(text: str) -> tuple[Network, ...]:
    """Read ``[dashboard] trusted_proxies``: addresses or networks, separated by commas.

    >>> [str(network) for network in trusted_networks("127.0.0.1, 172.30.32.0/23")]
    ['127.0.0.1/32', '172.30.32.0/23']
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        return tuple(ipaddress.ip_network(word) for word in words)
    except ValueError as error:
        raise ConfigError(
            f"[dashboard] trusted_proxies: {error}; write addresses or networks, separated by commas"
        ) from error


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Say whether ``address`` is a proxy named in the settings."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def client_address(request: Request, trusted: Sequence[Network]) -> str:
    """Return the address that a request comes from: the last one in ``X-Forwarded-For`` that is no trusted proxy.

    Without a trusted proxy at the other end of the connection the header is not read at all.
    """
    address = request.client.host if request.client else ""
    forwarded = [word.strip() for word in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    while is_trusted(address, trusted) and forwarded and forwarded[-1]:
        address = forwarded.pop()
    return address
