"""Where webhooks may be sent: which URLs are taken, and which network addresses are nobody's private ones."""

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.errors import WebhookUrlRefused

# An IPv4 address that IPv6-only networks reach through a gateway (RFC 6052): the last 32 bits say which.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Tunnels of the past (6to4, Teredo), which hold an IPv4 address too and reach nobody any more; and the private
# addresses of the past (RFC 3879), which Python calls global.
NEVER = tuple(map(ipaddress.ip_network, ("2002::/16", "2001::/32", "fec0::/10")))
PLAIN = re.compile(r"[\x21-\x7E]+")
PORTS = {"https": 443, "http": 80}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """The host that a URL names, not yet an address."""

    host: str
    port: int


def target_of(url: str, *, allow_private: bool) -> Target:
    """Raises WebhookUrlRefused when nothing would be sent to such a URL, wherever its host is."""
    try:
        at = urlsplit(url)
        host, port = at.hostname, at.port
    except ValueError:
        raise WebhookUrlRefused("This is no URL of a host and a path.") from None
    if not host or at.scheme not in PORTS or not PLAIN.fullmatch(url):
        raise WebhookUrlRefused("Give a plain URL, such as https://example.com/hooks.")
    if at.scheme == "http" and not allow_private:
        raise WebhookUrlRefused("Webhooks are sent over https. CANDID_WEBHOOK_ALLOW_PRIVATE would allow http.")
    if at.username is not None or at.password is not None or at.fragment:
        raise WebhookUrlRefused("Leave out user, password and fragment. Deliveries are signed; check the signature.")
    return Target(host, port if port is not None else PORTS[at.scheme])


def resolve(target: Target) -> list[str]:
    """Every address that the host has now. Raises WebhookUrlRefused when it has none. May take seconds."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise WebhookUrlRefused("There is no host of this name.") from None
    return list(dict.fromkeys(str(address[0]) for *_others, address in found))


def check(given: Sequence[str], *, allow_private: bool) -> None:
    """Raises WebhookUrlRefused unless each of a host's addresses may be connected to.

    Each, because whoever answers for the name chooses which of them comes first the next time.
    """
    if not given or not (allow_private or all(is_public(one) for one in given)):
        raise WebhookUrlRefused(
            "The host is on this machine or in a private network. CANDID_WEBHOOK_ALLOW_PRIVATE would allow that."
        )


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also when it is an IPv4 address in the clothes of IPv6."""
    try:
        address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if any(address in network for network in NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
