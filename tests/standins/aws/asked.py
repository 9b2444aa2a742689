"""Requests as they come in: which operation of which service, with which parameters.

Source: botocore's service models; AWS, "Signature Version 4" (the scope names the service).
"""

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from standins.aws.account import KEYS, Refused
from standins.service_model import violations

# The services' names in botocore, by the names that sign.
_JSON = {
    "sagemaker": "sagemaker",
    "monitoring": "cloudwatch",
    "logs": "logs",
    "application-autoscaling": "application-autoscaling",
    "servicequotas": "service-quotas",
    "ecr": "ecr",
    "codebuild": "codebuild",
    "pricing": "pricing",
}
_QUERY = ("iam", "sts")
_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]*)/([^/]+)/aws4_request")
_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations(-response-stream)?")


@dataclass
class Asked:
    """`key`: the access key that signed; None: nobody did. `agent`: which program says it asks."""

    service: str
    operation: str
    parameters: dict[str, Any] = field(default_factory=dict)
    key: str | None = None
    region: str = ""
    protocol: str = "rest"
    body: bytes = b""
    query: dict[str, str] = field(default_factory=dict)
    agent: str = ""

    def check(self) -> list[str]:
        """Tell what the service's model does not allow."""
        if self.protocol == "rest":
            return []
        return violations(self.service, self.operation, self.parameters)

    def check_signed(self) -> None:
        """Refuse who is not known."""
        if self.key is not None and self.key != KEYS["AWS_ACCESS_KEY_ID"]:
            code = (
                "InvalidClientTokenId" if self.service in _QUERY else "UnrecognizedClientException"
            )
            said = "The security token included in the request is invalid."
            raise Refused(code, said, 403)


def asked(environ: dict[str, Any]) -> Asked:
    """Read a request; its body can be read once more after that."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = scope.groups() if scope is not None else (None, "", "")
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    told = Asked(service, f"{method} {path}", key=key, region=region)
    told.query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    told.agent = environ.get("HTTP_USER_AGENT", "")
    if service == "s3" and method == "POST" and "delete" in told.query:
        told.body = _body(environ)
    if service == "sagemaker" and _INVOCATION.fullmatch(path):
        return _invocation(told, path, _body(environ))
    if service in _JSON:
        told.service, told.protocol = _JSON[service], "json"
        told.operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        told.parameters = json.loads(_body(environ) or b"{}")
    elif service in _QUERY:
        told.protocol = "query"
        form = dict(parse_qsl(_body(environ).decode(), keep_blank_values=True))
        told.operation = form.get("Action", "")
        told.parameters = _of_form(service, told.operation, form)
    return told


def refusal(to: Asked, refused: Refused) -> tuple[int, str, bytes]:
    """Give a refusal's status, type and body as the service tells it."""
    if to.protocol == "json":
        told: dict[str, str] = {"__type": refused.code, "message": refused.message}
        return refused.status, "application/x-amz-json-1.1", json.dumps(told).encode()
    code, said = escape(refused.code.removesuffix("Exception")), escape(refused.message)
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>"
    if to.protocol == "query":
        whole = f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"
        return refused.status, "text/xml", whole.encode()
    plain = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>"
    return refused.status, "application/xml", plain.encode()


def _invocation(told: Asked, path: str, body: bytes) -> Asked:
    found = _INVOCATION.fullmatch(path)
    assert found is not None
    name, streamed = found.groups()
    told.operation = "InvokeEndpointWithResponseStream" if streamed else "InvokeEndpoint"
    told.service, told.parameters, told.body = "sagemaker-runtime", {"EndpointName": name}, body
    return told


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    content: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(content)
    return content


def _of_form(service: str, operation: str, form: dict[str, str]) -> dict[str, Any]:
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.utils import get_service_model

    model = get_service_model(service).operation_model(operation)
    parsed: dict[str, Any] = PROTOCOL_PARSERS["query"](model).parse({"values": form})
    return parsed
