"""The server: reads a request, fails on demand, checks it, and answers by itself or lets moto."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from standins.aws import runtime, scaling
from standins.aws.account import ACCOUNT, KEYS, REGION, Refused
from standins.aws.asked import Asked, asked, refusal
from standins.aws.authorization import Authorization, Known, UnknownRequest, authorizations
from standins.aws.endpoints import Endpoints, Life, Scaling
from standins.aws.faults import Fault
from standins.aws.iam import Policies
from standins.aws.operations import sagemaker
from standins.aws.quotas import Quotas
from standins.aws.remains import remains
from standins.aws.tagging import Tags

Start = Callable[[str, list[tuple[str, str]]], object]
_JSON = "application/x-amz-json-1.1"
# Who looks at the account from outside: what it may do is nobody's question.
_OUTSIDE = "llamactl-tests"
_SCALED = "sagemaker:variant:DesiredInstanceCount"


class Aws:
    """One account. Endpoints answer by the engine at `engine_url`, if there is one."""

    def __init__(self, engine_url: str = "http://127.0.0.1:9") -> None:
        self.engine_url = engine_url
        self.faults: list[Fault] = []
        self.quotas = Quotas()
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.problems: list[str] = []
        self.authorizations: list[Authorization] = []
        # Digests by tag, in the registries of AWS's own accounts.
        self.ready_images: dict[str, str] = {}
        self.policies = Policies(self.faults)
        self.tags = Tags()
        self.endpoints = Endpoints(
            self.tags.known,
            self.quotas,
            self._say_in,
            Scaling(self._is_scaled, self._deregister),
            self.problems,
        )
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        moto_api_backend.reset()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(
            "127.0.0.1", 0, self._answered, threaded=True, request_handler=_Handler
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead AWS's clients here, and to no one's own settings."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
            "AWS_EC2_METADATA_DISABLED": "true",
            **KEYS,
        }

    def client(self, service: str, region: str = REGION) -> Any:
        """Give AWS's own client of a service."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            config=Config(user_agent_extra=_OUTSIDE),
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def say(self, endpoint: str, *lines: str, region: str = REGION) -> None:
        """Write lines into the log of an endpoint's container."""
        self._say_in(region, endpoint, lines)

    def everything(self) -> list[str]:
        """Name all that there is in the account, of buckets what lies in them."""
        with self._lock:
            self.endpoints.advance()
            return remains(self.endpoints)

    def operations(self) -> list[str]:
        """Name the operations that were asked for, in their order."""
        return [operation for operation, _ in self.requests]

    def _answered(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        told = asked(environ)
        try:
            with self._lock:
                own = self._own(told)
        except Refused as refused:
            status, kind, body = refusal(told, refused)
            error = [("x-amzn-errortype", refused.code)]
            return _sent(start, status, {"content-type": kind, **dict(error)}, [body])
        if own is None:
            answer: Iterable[bytes] = self._moto(environ, start)
            return answer
        return _sent(start, *own)

    def _own(  # noqa: PLR0911 - one a kind of request
        self, told: Asked
    ) -> tuple[int, Mapping[str, str], Iterable[bytes]] | None:
        """Answer what is not moto's; None: it is."""
        self.requests.append((told.operation, told.parameters))
        told.check_signed()
        self._authorize(told)
        fault = next((each for each in self.faults if each.takes(told.operation)), None)
        if fault is not None and not fault.is_about_life:
            raise Refused(fault.code, fault.message or self._denial(told), fault.status)
        wrong = told.check()
        self.problems += [f"{told.service}: {each}" for each in wrong]
        if wrong:
            raise Refused("ValidationException", "; ".join(wrong))
        self.endpoints.advance()
        if told.service == "sagemaker-runtime":
            return self._invoked(told)
        match told.service, told.operation:
            case "sts", "GetCallerIdentity":
                return 200, {"content-type": "text/xml"}, [self.policies.identity()]
            case "iam", "SimulatePrincipalPolicy":
                return 200, {"content-type": "text/xml"}, [self.policies.simulated(told.parameters)]
            case "iam", "DeleteRole":
                self.endpoints.check_role(told.parameters["RoleName"])
            case "service-quotas", _:
                return _json(self.quotas.answer(told.operation, told.parameters))
            case "ecr", "BatchGetImage" if told.parameters.get("registryId") != ACCOUNT:
                return _json(self._of_ready(told.parameters))
            case "application-autoscaling" | "sagemaker", _:
                found = self._of_endpoints(told, fault)
                return _json(found) if found is not None else None
        return None

    def _of_ready(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Answer for another account's registry. Source: botocore, ecr, BatchGetImageResponse."""
        known = {
            each["imageTag"]: self.ready_images.get(each["imageTag"]) for each in told["imageIds"]
        }
        images = [
            {
                "repositoryName": told["repositoryName"],
                "imageId": {"imageTag": tag, "imageDigest": to},
            }
            for tag, to in known.items()
            if to is not None
        ]
        absent = [
            {"imageId": {"imageTag": tag}, "failureCode": "ImageNotFound"}
            for tag, to in known.items()
            if to is None
        ]
        return {"images": images, "failures": absent}

    def _invoked(self, told: Asked) -> runtime.Answer:
        name = told.parameters["EndpointName"]
        if not self.endpoints.answers(told.region, name):
            return runtime.not_found(name, ACCOUNT)
        return runtime.invoked(told, self.engine_url)

    def _of_endpoints(self, told: Asked, fault: Fault | None) -> dict[str, Any] | None:
        if told.service != "sagemaker":
            return scaling.answer(told, self.endpoints, self.tags)
        found = sagemaker(told.operation, self.endpoints, told.region, told.parameters, fault)
        return found if found is not None else self.tags.answer(told.operation, told.parameters)

    def _authorize(self, told: Asked) -> None:
        """Record what a request must be allowed to do, and refuse it where it is not."""
        if told.key is None or _OUTSIDE in told.agent:
            return
        known = Known(self._tags_of, _boundary_of, self._key_of, self._scales)
        try:
            needed = authorizations(told, known)
        except UnknownRequest as unknown:
            self.problems.append(str(unknown))
            return
        self.authorizations += needed
        for each in needed:
            if not self.policies.allows(each):
                raise _denied(told, self._denied(each.action, each.resource))

    def _denial(self, told: Asked) -> str:
        return self._denied(f"{told.service}:{told.operation}")

    def _denied(self, action: str, resource: str | None = None) -> str:
        where = "" if resource is None else f" on resource: {resource}"
        return (
            f"User: {self.policies.principal} is not authorized to perform: {action}{where} "
            f"because no identity-based policy allows the {action} action"
        )

    def _tags_of(self, arn: str) -> Mapping[str, str]:
        if arn in self.tags.known:
            return self.tags.known[arn]
        _, _, service, region, _, name = arn.split(":", 5)
        if service == "logs":
            return _tags_of_group(region, name.removeprefix("log-group:"))
        return {}

    def _key_of(self, region: str, configuration: str) -> str | None:
        found = self.endpoints.configurations.known.get((region, configuration), {})
        return found.get("KmsKeyId")

    def _scales(self) -> bool:
        """Tell whether scaling has its service's role: it is made with the first target."""
        backends = applicationautoscaling_backends[ACCOUNT].values()
        return any(each.targets for each in backends)

    def _is_scaled(self, life: Life) -> bool:
        return bool(self._targets(life))

    def _deregister(self, life: Life) -> None:
        backend = applicationautoscaling_backends[ACCOUNT][life.region]
        for name in self._targets(life):
            scaling.forget_rules(life.region, name)
            backend.deregister_scalable_target("sagemaker", name, _SCALED)

    def _targets(self, life: Life) -> list[str]:
        backend = applicationautoscaling_backends[ACCOUNT][life.region]
        start = f"endpoint/{life.name}/"
        every = [name for each in backend.targets.values() for name in each]
        return [each for each in every if each.startswith(start)]

    def _say_in(self, region: str, endpoint: str, lines: Sequence[str]) -> None:
        backend = logs_backends[ACCOUNT][region]
        group, stream = f"/aws/sagemaker/Endpoints/{endpoint}", f"AllTraffic/i-{0:017x}"
        if group not in backend.groups:
            backend.create_log_group(group, {})
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": each} for each in lines]
        if events:
            backend.put_log_events(group, stream, events)


def _boundary_of(role: str) -> str | None:
    for each in iam_backends[ACCOUNT]["aws"].roles.values():
        if each.name == role:
            found: str | None = each.permissions_boundary_arn
            return found
    return None


def _tags_of_group(region: str, name: str) -> dict[str, str]:
    backend = logs_backends[ACCOUNT][region]
    if name not in backend.groups:
        return {}
    found: dict[str, str] = backend.list_tags_log_group(name)
    return found


def _denied(told: Asked, said: str) -> Refused:
    code = "AccessDeniedException" if told.protocol == "json" else "AccessDenied"
    return Refused(code, said, 400 if told.protocol == "json" else 403)


class _Handler(MotoRequestHandler):
    def log(self, *_args: Any, **_named: Any) -> None:
        """Say nothing."""


def _sent(
    start: Start, status: int, headers: Mapping[str, str], body: Iterable[bytes]
) -> Iterable[bytes]:
    whole = list(headers.items())
    if isinstance(body, list):
        whole.append(("content-length", str(sum(map(len, body)))))
    start(f"{status} -", whole)
    return body


def _json(told: Mapping[str, Any]) -> tuple[int, Mapping[str, str], Iterable[bytes]]:
    return 200, {"content-type": _JSON}, [json.dumps(told).encode()]
