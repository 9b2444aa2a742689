"""Building with AWS CodeBuild: the context to S3, a build of the project, its log, the digest.

Source: botocore's service models `codebuild`, `s3`, `logs`; CodeBuild user guide, "Build
specification reference" and "Docker sample", read 2026-11.
"""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from llamactl_catalog.errors import LlamactlError, Unhealthy
from llamactl_catalog.progress import Report, Step
from llamactl_containers.builders.codebuild_setup import (
    LOG_GROUP,
    PROJECT,
    Place,
    have_project,
    with_new_role,
)
from llamactl_containers.builders.failures import build_failure
from llamactl_containers.builders.remote import BuiltRemotely, zipped
from llamactl_containers.builders.remote_log import RemoteLog, remote_log
from llamactl_containers.recipe.context import BuildContext
from llamactl_containers.recipe.tag import context_sha256
from llamactl_containers.registries.ecr import Ecr, EcrAddress, aws_client, ecr_of, told_by_aws
from llamactl_containers.registries.reference import Reference, is_digest

_POLL_S = 5.0
_DIGEST = "IMAGE_DIGEST"
_TOOL = "codebuild"


class CodeBuild:
    """The project of one account and region; made, with its bucket and role, at its first use."""

    def __init__(self, registry: str, *, poll_s: float = _POLL_S) -> None:
        address = ecr_of(registry)
        assert address is not None, registry  # noqa: S101 - the caller has asked
        self._address: EcrAddress = address
        self._poll_s = poll_s

    def build(
        self, context: BuildContext, target: Reference, log: Path, report: Report
    ) -> BuiltRemotely:
        """Build there and push to `target`; an interrupt stops the build."""
        archive = zipped(context)
        report(Step("making sure of the project, its bucket and its role"))
        place = have_project(self._address, target.repository)
        key = f"contexts/{context_sha256(context)}-{target.tag}.zip"
        storage = self._client("s3")
        report(Step("sending the context"))
        with told_by_aws("s3:PutObject"):
            storage.put_object(
                Bucket=place.bucket,
                Key=key,
                Body=archive,
                ServerSideEncryption="AES256",
                ExpectedBucketOwner=place.account,
            )
        try:
            with remote_log(log, report) as lines:
                return self._run(context, target, place, key, lines, report, log)
        finally:
            with suppress(LlamactlError), told_by_aws("s3:DeleteObject"):
                storage.delete_object(Bucket=place.bucket, Key=key)

    def _run(  # noqa: PLR0913, PLR0917 - all of one run
        self,
        context: BuildContext,
        target: Reference,
        place: Place,
        key: str,
        lines: RemoteLog,
        report: Report,
        log: Path,
    ) -> BuiltRemotely:
        client = self._client("codebuild")
        with told_by_aws("codebuild:StartBuild"):
            started = with_new_role(
                client,
                lambda: client.start_build(
                    projectName=PROJECT,
                    sourceTypeOverride="S3",
                    sourceLocationOverride=f"{place.bucket}/{key}",
                    serviceRoleOverride=place.role,
                    buildspecOverride=buildspec(context, target),
                ),
            )["build"]
        run = str(started["id"])
        report(Step(f"build {run} has started"))
        try:
            build = self._follow(client, run, lines, report)
        except BaseException:
            with suppress(LlamactlError), told_by_aws("codebuild:StopBuild"):
                client.stop_build(id=run)
            raise
        if build["buildStatus"] != "SUCCEEDED":
            raise self._failure(build, run, lines, log)
        return BuiltRemotely(self._digest(build, target), _TOOL, run)

    def _follow(self, client: Any, run: str, lines: RemoteLog, report: Report) -> dict[str, Any]:
        stream = LogStream(self._client("logs"), run)
        phase = ""
        while True:
            with told_by_aws("codebuild:BatchGetBuilds"):
                build: dict[str, Any] = client.batch_get_builds(ids=[run])["builds"][0]
            ended = build["buildStatus"] != "IN_PROGRESS"
            lines.take(stream.news(build))
            if ended:
                lines.take(stream.news(build) + "\n")
                return build
            if (now := str(build.get("currentPhase", ""))) != phase:
                phase = now
                report(Step(f"phase {phase.lower().replace('_', ' ')}"))
            time.sleep(self._poll_s)

    def _failure(
        self, build: dict[str, Any], run: str, lines: RemoteLog, log: Path
    ) -> LlamactlError:
        if build["buildStatus"] in {"STOPPED", "TIMED_OUT"}:
            how = build["buildStatus"].lower().replace("_", " ")
            return Unhealthy(f"the build {run} was {how}", hint=f"log: {log}")
        told = [
            f"{phase.get('phaseType', '')}: {each['message']}"
            for phase in build.get("phases", ())
            for each in phase.get("contexts", ())
            if each.get("message")
        ]
        return build_failure("CodeBuild", [*told, *lines.last], 1, log)

    def _digest(self, build: dict[str, Any], target: Reference) -> str:
        """Give the digest that the build has told, or else what its tag stands for."""
        told = {
            each["name"]: each["value"] for each in build.get("exportedEnvironmentVariables", ())
        }
        digest = str(told.get(_DIGEST, ""))
        if not is_digest(digest):
            found = Ecr(self._address).digest(target.repository, target.tag or "")
            if found is None:
                message = f"the build succeeded, but there is no {target}"
                raise Unhealthy(message, hint="look at the build in CodeBuild's console")
            return found
        return digest

    def _client(self, service: str) -> Any:
        return aws_client(service, self._address.region)


class LogStream:
    """A build's log, read on from where the last reading ended."""

    def __init__(self, client: Any, run: str) -> None:
        self._client = client
        self._stream = run.partition(":")[2]
        self._token: str | None = None

    def news(self, build: dict[str, Any]) -> str:
        """Give what has been logged since; nothing while there is no log yet."""
        logs = build.get("logs") or {}
        group, stream = logs.get("groupName") or LOG_GROUP, logs.get("streamName") or self._stream
        texts: list[str] = []
        with told_by_aws("logs:GetLogEvents"):
            while True:
                onward = {} if self._token is None else {"nextToken": self._token}
                try:
                    answer = self._client.get_log_events(
                        logGroupName=group, logStreamName=stream, startFromHead=True, **onward
                    )
                except self._client.exceptions.ResourceNotFoundException:
                    return ""
                texts += [_line(each["message"]) for each in answer["events"]]
                token = answer["nextForwardToken"]
                if token == self._token or not answer["events"]:
                    self._token = token
                    return "".join(texts)
                self._token = token


def buildspec(context: BuildContext, target: Reference) -> str:
    """Give the commands of a build. JSON is YAML, and needs no care with quotes."""
    image = str(target)
    build = (
        f"docker build --platform {context.platform} --no-cache "
        f"--build-arg SOURCE_DATE_EPOCH={context.source_date_epoch} --tag {image} ."
    )
    ask = "docker inspect --format '{{index .RepoDigests 0}}' " + image
    login = f"docker login --username AWS --password-stdin {target.registry}"
    document = {
        "version": 0.2,
        "env": {"shell": "bash", "exported-variables": [_DIGEST]},
        "phases": {
            "pre_build": {"commands": [f"aws ecr get-login-password | {login}"]},
            "build": {"commands": [build, f"docker push {image}"]},
            "post_build": {
                "commands": [
                    'test "$CODEBUILD_BUILD_SUCCEEDING" = 1',
                    f'export {_DIGEST}="$({ask} | cut -d@ -f2)"',
                ]
            },
        },
    }
    return json.dumps(document, indent=1)


def _line(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"
