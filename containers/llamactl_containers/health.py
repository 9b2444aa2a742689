"""Asking a local endpoint whether it can generate."""

from llamactl_containers.llamacpp.launch import INSTANCE_HEADER

HOST = "127.0.0.1"


def endpoint(port: int) -> str:
    """Give the base URL of a local port."""
    return f"http://{HOST}:{port}"


def answers(port: int, instance_id: str | None, *, timeout_s: float) -> bool:
    """Say whether /health answers 200, and as that very instance where one is given."""
    # http.client and not a library: no proxy of the environment may stand between. Imported late:
    # it takes a third of what `llamactl list` takes to start, which asks nobody.
    import http.client

    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    found = response.getheader(INSTANCE_HEADER)
    return response.status == http.client.OK and instance_id in (None, found)
