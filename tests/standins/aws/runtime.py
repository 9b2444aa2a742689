"""Requests at an endpoint: passed to the engine, its answer in event-stream frames or whole."""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

from standins.aws.asked import Asked
from standins.front import Refusal
from standins.sagemaker_runtime import aws_error, exception_frame, frame, model_error

_BROKEN = {"Message": "The connection was closed.", "ErrorCode": "StreamBroken"}
Answer = tuple[int, dict[str, str], Iterator[bytes]]


def not_found(name: str, account: str) -> Answer:
    """Refuse a name that no endpoint has."""
    return _refused(
        aws_error(400, "ValidationError", f"Endpoint {name} of account {account} not found.")
    )


def invoked(asked: Asked, engine_url: str) -> Answer:
    """Ask the engine's /invocations."""
    engine = urlsplit(engine_url)
    connection = http.client.HTTPConnection(engine.hostname or "", engine.port, timeout=30)
    try:
        headers = {"content-type": "application/json"}
        connection.request("POST", "/invocations", asked.body, headers)
        answer = connection.getresponse()
    except OSError:
        connection.close()
        said = 'Received server error (0) from primary with message "". See the logs.'
        return _refused(model_error(said, OriginalStatusCode=0, OriginalMessage=""))
    if answer.status != 200:
        text = answer.read().decode()
        connection.close()
        who = "client" if answer.status < 500 else "server"
        said = f'Received {who} error ({answer.status}) from primary with message "{text}".'
        return _refused(model_error(said, OriginalStatusCode=answer.status, OriginalMessage=text))
    streamed = asked.operation == "InvokeEndpointWithResponseStream"
    kind = answer.headers.get("content-type", "application/json")
    told = {"content-type": "application/vnd.amazon.eventstream" if streamed else kind}
    return 200, told, _pieces(connection, answer, streamed=streamed)


def _pieces(
    connection: http.client.HTTPConnection, answer: http.client.HTTPResponse, *, streamed: bool
) -> Iterator[bytes]:
    try:
        while chunk := answer.read1(65536):
            yield frame(chunk) if streamed else chunk
    except (http.client.HTTPException, OSError):
        if streamed:
            yield exception_frame("ModelStreamError", _BROKEN)
    finally:
        connection.close()


def _refused(refusal: Refusal) -> Answer:
    headers = {"content-type": "application/json", **refusal.headers}
    return refusal.status, headers, iter([refusal.body])
