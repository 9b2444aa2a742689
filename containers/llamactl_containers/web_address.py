"""Whether a text is an address of the web: asked before it is given to a library, or shown."""

from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Tell whether a text is a URL of http or https, with a host and without a password in it."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its message may repeat a part of the text
        return False
    is_plain = text.isascii() and text.isprintable() and " " not in text
    return is_one and is_plain and "@" not in parts.netloc
