"""The server: signs in, checks bodies, keeps resources, takes its time, and fails on demand.

Shapes of requests, answers and errors: Azure Resource Manager, resource-manager-deployment-model
and async-operations; azure-ai-ml 1.35.2, _restclient/arm_ml_service, API 2025-12-01.
"""

import json
import re
import threading
import uuid
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from standins.azure import rules
from standins.azure.authorization import actions, is_given
from standins.azure.bodies import is_installed, problems_of, problems_of_patch
from standins.azure.faults import Fault
from standins.azure.operations import Operation, Operations
from standins.azure.scoring import DATA_TOKEN, KEY, SECOND_KEY, EndpointScoring
from standins.azure.store import Refused, Store, kind_of, ml_kind
from standins.azure.subscription import SUBSCRIPTION, Subscription
from standins.local_server import LocalServer, SilentHandler

TENANT = "99999999-8888-7777-6666-555555555555"
TOKEN = "arm-token-very-secret"  # noqa: S105 - opens nothing
_ENDPOINT = "workspaces/onlineendpoints"
_DEPLOYMENT = f"{_ENDPOINT}/deployments"
_SLOW = {"workspaces", _ENDPOINT, _DEPLOYMENT}
_LOCATION = re.compile(
    r"/subscriptions/[^/]+/providers/Microsoft\.MachineLearningServices/locations/([^/]+)/(\w+)"
    r"(?:/([^/]+))?",
    re.IGNORECASE,
)
# What a log begins with, which is no line of the container's.
_HEAD = re.compile(r"Instance status:|Container events:|Kind: |\w+: (Succeeded|InProgress|Waiting)")
DEFAULT_LIMITS = {
    "standardNCADSA100v4Family": 500,
    "standardNCADSH100v5Family": 500,
    "standardNVADSA10v5Family": 500,
}


class Azure(LocalServer):
    """One subscription. Endpoints answer by the engine at `engine_url`, if there is one."""

    def __init__(self, engine_url: str = "http://127.0.0.1:9", *, delay_s: float = 0.02) -> None:
        super().__init__(_Handler)
        self.engine_url = engine_url
        self.delay_s = delay_s
        self.store = Store()
        self.subscription = Subscription(self.store)
        self.faults: list[Fault] = []
        self.limits = dict(DEFAULT_LIMITS)
        self.problems: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        # Every action that was needed; with roles in `granted`, what they do not give is refused.
        self.actions: list[str] = []
        self.granted: list[dict[str, list[str]]] = []
        self.logs: dict[str, str] = {}
        self.forgets_traffic = False
        self.roles_take_s = 0.0
        self.roles_show_s = 0.0
        self.scoring: dict[str, EndpointScoring] = {}
        self._operations = Operations()
        self._lock = threading.RLock()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        is_installed()  # here, since a thread of the server is no place to import so much
        return super().__enter__()

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._open.close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead llamactl here."""
        return {"LLAMACTL_AZURE_URL": self.url, "LLAMACTL_AZURE_TOKEN": TOKEN}

    def answer(
        self, method: str, path: str, headers: dict[str, str], query: dict[str, str], body: Any
    ) -> tuple[int, dict[str, Any] | None, dict[str, str]]:
        with self._lock:
            self.requests.append((method, path))
            self._operations.advance()
            if headers.get("authorization") not in (f"Bearer {TOKEN}", f"Bearer {DATA_TOKEN}"):
                raise Refused(401, "AuthenticationFailed", "The access token is missing or wrong.")
            if "api-version" not in query:
                raise Refused(400, "MissingApiVersionParameter", "api-version is required.")
            self._authorize(method, path, body)
            return self._answered(method, path, query, body)

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            return next((each for each in self.faults if each.takes(method, path)), None)

    def operations(self) -> list[str]:
        """Every request so far: its method, and the kind that it is for."""
        return [f"{method} {kind_of(path).rpartition('/')[2]}" for method, path in self.requests]

    def traffic(self, endpoint: str) -> dict[str, int]:
        return dict(self.store.need(endpoint)["properties"].get("traffic") or {})

    def endpoints(self) -> list[dict[str, Any]]:
        return self.store.of_kind("Microsoft.MachineLearningServices/workspaces/onlineEndpoints")

    def deployments(self, endpoint: str) -> list[str]:
        return sorted(each["name"] for each in self.store.children(endpoint, "deployments"))

    def _authorize(self, method: str, path: str, body: Any) -> None:
        for each in actions(method, path, body):
            self.actions.append(each)
            if self.granted and not is_given(self.granted, each):
                said = f"The client does not have authorization to perform action '{each}'"
                raise Refused(403, "AuthorizationFailed", f"{said} over scope '{path}'.")

    def _answered(  # noqa: PLR0911 - one a method
        self, method: str, path: str, query: dict[str, str], body: Any
    ) -> tuple[int, dict[str, Any] | None, dict[str, str]]:
        fault = self.take_fault(method, path)
        if fault is not None and not fault.late and fault.delay_s is None:
            raise _Faulty(fault)
        location = _LOCATION.fullmatch(path)
        if location is not None:
            return 200, self._of_location(*location.groups()), {}
        match method:
            case "GET":
                return 200, self._read(path, query), {}
            case "HEAD":
                self.store.need(path)
                return 204, None, {}
            case "POST":
                return 200, self._action(path, body or {}), {}
            case "PUT":
                return self._put(path, body, fault)
            case "PATCH":
                return self._patch(path, body)
            case "DELETE":
                return self._delete(path)
            case _:
                raise Refused(405, "MethodNotAllowed", method)

    def _read(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        found = self.store.get(path)
        if found is not None:
            return found
        told = self.subscription.answer(path, query, self.roles_show_s)
        if told is None:
            raise Refused(404, "ResourceNotFound", f"The Resource '{path}' was not found.")
        if str(told.get("nextLink", "")).startswith("/"):
            told["nextLink"] = f"{self.url}{told['nextLink']}"
        return told

    def _put(
        self, path: str, body: Any, fault: Fault | None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        kind = kind_of(path)
        own = ml_kind(path)
        if own is not None:
            wrong = problems_of(own, body)
            self.problems += [f"{own}: {each}" for each in wrong]
            if wrong:
                raise Refused(400, "ValidationError", "; ".join(wrong))
        self.bodies.append((path, body))
        rules.check(self.store, path, kind, body)
        is_new = self.store.get(path) is None
        value = self._completed(path, kind, body)
        self.store.put(path, value)
        self._make_what_comes_along(path, kind, value)
        if (own or "").lower() not in _SLOW:
            return (201 if is_new else 200), value, {}
        value["properties"]["provisioningState"] = "Creating" if is_new else "Updating"
        refusal = self._late(path, body, fault)
        delay_s = fault.delay_s if fault is not None and fault.delay_s is not None else self.delay_s
        status = 202 if (own or "").lower() == "workspaces" else 201 if is_new else 200
        return status, value, self._begun(delay_s, path, refusal)

    def _patch(self, path: str, body: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Change what is told and nothing else; of an endpoint or a deployment alone."""
        found, own = self.store.need(path), ml_kind(path) or ""
        wrong = problems_of_patch(own, body)
        if wrong:
            self.problems += [f"PATCH {own}: {each}" for each in wrong]
            raise Refused(400, "ValidationError", "; ".join(wrong))
        rules.refuse_at_work(own.lower(), found)
        self.bodies.append((path, body))
        found |= {name: value for name, value in body.items() if value is not None}
        return 200, found, {}

    def _late(self, path: str, body: Any, fault: Fault | None) -> Refused | None:
        if fault is not None and fault.late:
            return Refused(400, fault.code, fault.message)
        return rules.late_refusal(self.store, path, body, self.limits, self.roles_take_s)

    def _begun(self, delay_s: float, path: str, refusal: Refused | None) -> dict[str, str]:
        def end(operation: Operation) -> None:
            found = self.store.get(path)
            if found is not None:
                state = "Succeeded" if operation.refusal is None else "Failed"
                found["properties"]["provisioningState"] = state

        return self._headers(self._operations.begin(delay_s, end, refusal))

    def _headers(self, operation: str) -> dict[str, str]:
        space = "providers/Microsoft.MachineLearningServices/locations/here/mfeOperationsStatus"
        where = f"{self.url}/subscriptions/{SUBSCRIPTION}/{space}/{operation}"
        state = f"{where}?api-version=2025-12-01"
        return {"Azure-AsyncOperation": state, "Location": state, "x-ms-retry-after-ms": "20"}

    def _completed(self, path: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        before = self.store.get(path) or {"properties": {}}
        given = {name: value for name, value in body.items() if value is not None}
        properties = dict(given.get("properties") or {})
        match kind.lower().rpartition("/")[2]:
            case "onlineendpoints":
                properties["scoringUri"] = f"{self._scoring(path).base}/score"
                properties.setdefault("traffic", {})
                if self.forgets_traffic:
                    properties["traffic"] = before["properties"].get("traffic", {})
            case "userassignedidentities":
                principal = before["properties"].get("principalId", str(uuid.uuid4()))
                properties |= {"principalId": principal, "tenantId": TENANT, "clientId": principal}
            case "workspaces" if given.get("identity", {}).get("type") == "SystemAssigned":
                told = before.get("identity", {})
                principal = told.get("principalId", str(uuid.uuid4()))
                given["identity"] = {**given["identity"], "principalId": principal}
        properties.setdefault("provisioningState", "Succeeded")
        made = before.get("systemData", {"createdAt": datetime.now(UTC).isoformat()})
        own = {"id": path, "name": path.rpartition("/")[2], "type": kind, "systemData": made}
        return {**given, **own, "properties": properties}

    def _make_what_comes_along(self, path: str, kind: str, value: dict[str, Any]) -> None:
        """Make what Azure makes of itself: an asset's container; what watches an application.

        Sources: Azure/azureml-examples, cli/deploy-rest.sh, which puts versions alone;
        hashicorp/terraform-provider-azurerm, application_insights_resource.go, the rule's name;
        Azure Monitor, proactive-diagnostics: the action group is one for the resource group.
        """
        parent, versions, _ = path.rpartition("/versions/")
        group, name = path.partition("/providers/")[0], value["name"]
        along: list[str] = []
        if versions:
            along = [parent]
        elif kind.lower() == "microsoft.insights/components":
            rules_of = f"{group}/providers/microsoft.alertsmanagement/smartDetectorAlertRules"
            groups = f"{group}/providers/microsoft.insights/actionGroups"
            watcher = f"{groups}/Application Insights Smart Detection"
            along = [f"{rules_of}/Failure Anomalies - {name}", watcher]
        for each in along:
            if self.store.get(each) is None:
                self.store.put(each, self._completed(each, kind_of(each), {"properties": {}}))

    def _scoring(self, path: str) -> EndpointScoring:
        if path.lower() not in self.scoring:

            def state() -> tuple[dict[str, Any], dict[str, Any]]:
                with self._lock:
                    self._operations.advance()
                    found = self.store.children(path, "deployments")
                    return self.store.need(path), {each["name"]: each for each in found}

            front = EndpointScoring(self.engine_url, state)
            self.scoring[path.lower()] = self._open.enter_context(front)
        return self.scoring[path.lower()]

    def _delete(self, path: str) -> tuple[int, dict[str, Any] | None, dict[str, str]]:
        if self.store.get(path) is None:
            return 204, None, {}
        rules.check_delete(self.store, path)
        if kind_of(path).lower() in rules.SOFT_DELETED:
            self.store.held_names.add(path.lower())
        if (ml_kind(path) or "").lower() not in _SLOW:
            self.store.delete(path)
            return 200, None, {}
        self.store.need(path)["properties"]["provisioningState"] = "Deleting"
        done = self._operations.begin(
            self.delay_s, lambda _: self.store.delete(path) and None, None
        )
        return 202, None, self._headers(done)

    def _action(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        resource, _, action = path.rpartition("/")
        self.store.need(resource)
        match action.lower():
            case "listkeys":
                return {"primaryKey": KEY, "secondaryKey": SECOND_KEY}
            case "token":
                return {"accessToken": DATA_TOKEN, "tokenType": "Bearer"}
            case "getlogs":
                return {"content": self._log(resource.rpartition("/")[2], body)}
            case _:
                raise Refused(404, "NotFound", f"no action {action}")

    def _log(self, name: str, asked: dict[str, Any]) -> str:
        """Give the end of a container's log; that of the one that fetches weights is beside."""
        wrong = problems_of("workspaces/onlineendpoints/deployments/getlogs", asked)
        self.problems += wrong
        if asked.get("containerType") == "StorageInitializer":
            if f"{name}/StorageInitializer" not in self.logs:
                raise Refused(400, "BadArgument", "The container is not found.")
            content = self.logs[f"{name}/StorageInitializer"]
        else:
            content = self.logs.get(name, "Instance status:\nSystemSetup: Succeeded\n")
        lines = content.splitlines(keepends=True)
        heads = [number for number, line in enumerate(lines, 1) if _HEAD.match(line)]
        head = heads[-1] if heads else 0
        return "".join([*lines[:head], *lines[head:][-asked.get("tail", len(lines)) :]])

    def _of_location(self, region: str, what: str, which: str | None) -> dict[str, Any]:
        match what.lower(), which:
            case "mfeoperationsstatus", str(name):
                if name not in self._operations.known:
                    raise Refused(404, "NotFound", f"no operation {name}")
                return {"id": name, "name": name, **self._operations.known[name].state()}
            case "usages", None:
                return {"value": self.subscription.usages(self.limits)}
            case "quotas", None:
                kept = ("id", "type", "name", "unit", "limit")
                told = self.subscription.usages(self.limits)
                return {"value": [{name: each[name] for name in kept} for each in told]}
            case "vmsizes", None:
                return {"value": self.subscription.sizes_in(region)}
            case _:
                raise Refused(404, "NotFound", f"{what} of {region}")


class _Faulty(Refused):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.status, fault.code, fault.message)
        self.headers = dict(fault.headers)


class _Handler(SilentHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = json.loads(content) if content else None
            answer = self.server.owner.answer(
                self.command, unquote(parts.path), headers, query, body
            )
        except Refused as refused:
            error = {"error": {"code": refused.code, "message": refused.message}}
            answer = (refused.status, error, getattr(refused, "headers", {}))
        self._send(*answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _handle

    def _send(self, status: int, body: dict[str, Any] | None, headers: dict[str, str]) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
