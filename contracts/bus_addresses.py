"""Addresses of a message bus."""

from urllib.parse import urlsplit

SCHEMES = frozenset({"nats", "tls"})


def are_bus_addresses(url: str) -> bool:
    """Tell whether a text is an address that the NATS library can connect to, or several with commas between them.

    The library takes an address without a scheme for nats://.
    """
    return all(map(_is_bus_address, url.split(",")))


def is_listen_address(text: str) -> bool:
    """Tell whether a server can listen at a HOST:PORT; without a host it listens everywhere."""
    try:
        parts = urlsplit(f"//{text}")
        return parts.netloc == text and bool(parts.port) and "@" not in text
    except ValueError:
        return False


def _is_bus_address(url: str) -> bool:
    try:
        parts = urlsplit(url.strip() if "://" in url else f"nats://{url.strip()}")
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
