"""Building with ACR Tasks: the context uploaded, a run scheduled, its log, the digest.

Source: Azure REST API, Microsoft.ContainerRegistry 2019-06-01-preview: getBuildSourceUploadUrl,
scheduleRun, runs, listLogSasUrl; read 2026-11.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamactl_catalog.errors import LlamactlError, NotFound, Unhealthy
from llamactl_catalog.progress import Report, Step
from llamactl_containers.builders.failures import build_failure
from llamactl_containers.builders.remote import BuiltRemotely, tarred
from llamactl_containers.builders.remote_log import RemoteLog, remote_log
from llamactl_containers.recipe.context import DOCKERFILE, BuildContext
from llamactl_containers.registries.acr import MANAGEMENT, Identity, signed_in, token_of
from llamactl_containers.registries.answers import cut, refusal
from llamactl_containers.registries.reference import Reference, is_digest

if TYPE_CHECKING:
    import httpx

_POLL_S = 3.0
_TIMEOUT_S = 60.0
_RUN_TIMEOUT_S = 7200  # what Azure allows at most is 8 hours
_TASKS = "2019-06-01-preview"
_REGISTRIES = "2023-07-01"
_SUBSCRIPTIONS = "2022-12-01"
_TOOL = "acr-tasks"
_PARTIAL = 206
_GOING_ON = frozenset({"Queued", "Started", "Running"})


class AcrTasks:
    """The tasks of one registry, found by its name among what the identity may see."""

    def __init__(
        self,
        registry: str,
        environment: Mapping[str, str],
        *,
        identity: Identity | None = None,
        management: str = MANAGEMENT,
        poll_s: float = _POLL_S,
    ) -> None:
        self._registry = registry
        self._environment = environment
        self._identity = identity
        self._management = management
        self._poll_s = poll_s

    def build(
        self, context: BuildContext, target: Reference, log: Path, report: Report
    ) -> BuiltRemotely:
        """Build there and push to `target`; an interrupt cancels the run."""
        import httpx

        archive = tarred(context)
        identity = self._identity if self._identity is not None else signed_in()
        with httpx.Client(timeout=_TIMEOUT_S) as client:
            arm = Arm(client, identity, self._management, self._registry)
            report(Step("looking for the registry"))
            resource = self._resource(arm)
            report(Step("sending the context"))
            place = arm.post(f"{resource}/listBuildSourceUploadUrl", _TASKS)
            arm.put_blob(str(place["uploadUrl"]), archive)
            with remote_log(log, report) as lines:
                order = run_order(context, target, str(place["relativePath"]))
                return self._run(arm, resource, order, lines, report, log)

    def _resource(self, arm: "Arm") -> str:
        """Find the path of the registry's resource by its login server."""
        named = self._environment.get("AZURE_SUBSCRIPTION_ID")
        subscriptions = (
            [named]
            if named
            else [each["subscriptionId"] for each in arm.all("/subscriptions", _SUBSCRIPTIONS)]
        )
        for each in subscriptions:
            kind = f"/subscriptions/{each}/providers/Microsoft.ContainerRegistry/registries"
            for found in arm.all(kind, _REGISTRIES):
                if found.get("properties", {}).get("loginServer") == self._registry:
                    return str(found["id"])
        hint = "set AZURE_SUBSCRIPTION_ID; the identity needs Contributor on the registry"
        raise NotFound(f"no registry {self._registry} is to be seen in Azure", hint=hint)

    def _run(  # noqa: PLR0913, PLR0917 - all of one run
        self,
        arm: "Arm",
        resource: str,
        order: dict[str, Any],
        lines: RemoteLog,
        report: Report,
        log: Path,
    ) -> BuiltRemotely:
        started = arm.post(f"{resource}/scheduleRun", _TASKS, order)
        run = str(started["properties"]["runId"])
        path = f"{resource}/runs/{run}"
        report(Step(f"run {run} is scheduled"))
        try:
            ended = self._follow(arm, path, lines)
        except BaseException:
            with suppress(LlamactlError):
                arm.post(f"{path}/cancel", _TASKS)
            raise
        properties = ended["properties"]
        status = str(properties["status"])
        if status == "Failed":
            told = [str(properties.get("runErrorMessage") or "")]
            raise build_failure("ACR Tasks", [*told, *lines.last], 1, log)
        if status != "Succeeded":
            raise Unhealthy(f"the run {run} ended as {status.lower()}", hint=f"log: {log}")
        digests = [each.get("digest", "") for each in properties.get("outputImages") or ()]
        found = next(filter(is_digest, digests), None)
        if found is None:
            raise Unhealthy(f"the run {run} tells no digest", hint=f"log: {log}")
        return BuiltRemotely(found, _TOOL, run)

    def _follow(self, arm: "Arm", path: str, lines: RemoteLog) -> dict[str, Any]:
        link = str(arm.post(f"{path}/listLogSasUrl", _TASKS)["logLink"])
        offset = 0
        while True:
            run = arm.get(path, _TASKS)
            news = arm.blob_from(link, offset)
            offset += len(news)
            lines.take(news.decode("utf-8", "replace"))
            if run["properties"]["status"] not in _GOING_ON:
                lines.take(arm.blob_from(link, offset).decode("utf-8", "replace") + "\n")
                return run
            time.sleep(self._poll_s)


def run_order(context: BuildContext, target: Reference, source: str) -> dict[str, Any]:
    """Give the body of scheduleRun: a Docker build for the platform, pushed when it is done."""
    system, _, architecture = context.platform.partition("/")
    epoch = {"name": "SOURCE_DATE_EPOCH", "value": str(context.source_date_epoch)}
    return {
        "type": "DockerBuildRequest",
        "imageNames": [f"{target.repository}:{target.tag}"],
        "isPushEnabled": True,
        "noCache": True,
        "sourceLocation": source,
        "dockerFilePath": DOCKERFILE,
        "arguments": [{**epoch, "isSecret": False}],
        "platform": {"os": system.capitalize(), "architecture": architecture},
        "agentConfiguration": {"cpu": 2},
        "timeout": _RUN_TIMEOUT_S,
    }


class Arm:
    """Azure Resource Manager, asked as one identity; a token is asked for anew each time.

    The identity keeps its token as long as it is good.
    """

    def __init__(
        self, client: "httpx.Client", identity: Identity, base: str, registry: str
    ) -> None:
        self._client = client
        self._identity = identity
        self._base = base
        self._registry = registry

    def get(self, path: str, version: str) -> dict[str, Any]:
        """Read a resource."""
        return self._asked("GET", f"{self._base}{path}?api-version={version}")

    def post(self, path: str, version: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do something with a resource."""
        return self._asked("POST", f"{self._base}{path}?api-version={version}", body)

    def all(self, path: str, version: str) -> list[dict[str, Any]]:
        """List resources, over all pages."""
        found: list[dict[str, Any]] = []
        url: str | None = f"{self._base}{path}?api-version={version}"
        while url:
            page = self._asked("GET", url)
            found += page.get("value", [])
            url = page.get("nextLink")
        return found

    def put_blob(self, url: str, content: bytes) -> None:
        """Upload to an address that carries its own signature."""
        answer = self._sent("PUT", url, content=content, headers={"x-ms-blob-type": "BlockBlob"})
        if not answer.is_success:
            raise refusal(self._registry, "the context's upload", answer)

    def blob_from(self, url: str, offset: int) -> bytes:
        """Read a log on from an offset; nothing where there is nothing more yet."""
        answer = self._sent("GET", url, headers={"Range": f"bytes={offset}-"})
        if answer.status_code == _PARTIAL:
            return answer.content
        return answer.content[offset:] if answer.is_success else b""

    def _asked(self, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        token = token_of(self._identity, f"{MANAGEMENT}/.default")
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._sent(method, url, json=body, headers=headers)
        if not answer.is_success:
            raise refusal("Azure", f"{method} {url.partition('?')[0]}", answer)
        found = answer.json() if answer.content else {}
        return found if isinstance(found, dict) else {}

    def _sent(self, method: str, url: str, **options: Any) -> "httpx.Response":
        import httpx

        try:
            return self._client.request(method, url, **options)
        except httpx.TransportError as error:
            raise cut(self._registry, "a build", error) from None
