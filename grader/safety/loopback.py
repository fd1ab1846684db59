"""Whether an address stays within this machine: who may go without TLS, and what is a sandbox."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens at ``host``, a URL's or an option's.

    ``host`` is ``localhost`` or an IP address in its standard notation, an IPv6 address with or without
    brackets. A name is not looked up, and a spelling that only some resolvers take, like ``127.1``, is
    not loopback: what is sent there has to be protected.
    """
    if host.casefold() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    # Python before 3.13 does not see through ::ffff:127.0.0.1 by itself.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
