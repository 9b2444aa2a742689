"""Names, state and settings of stacks in Pulumi Cloud, read by its own API without Pulumi.

What a service answers otherwise than is known here is left to Pulumi, which says it better.

Source: pulumi 3.260, pkg/backend/httpstate (backend.go: which account and organization are meant;
client/client.go: the paths) and sdk/go/common/apitype (the answers).
"""

import json
import threading
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llamactl_infra.stacks.backends import configured_url, pulumi_home
from llamactl_infra.stacks.place import PROJECT, StackPlace
from llamactl_infra.stacks.stack_store import Run, deployment_in
from llamactl_infra.stacks.yaml_values import NotReadable

if TYPE_CHECKING:
    import httpx

_TOKEN = "PULUMI_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
_DEFAULT_URL = "https://api.pulumi.com"
_TIMEOUT_S = 30.0
# What Pulumi's command asks for: without it a service may answer in another shape.
_VERSION = "application/vnd.pulumi+9"
_OK = 200


@dataclass(frozen=True, slots=True)
class Account:
    """A service, who is signed in there, and the organization that short names are in."""

    url: str
    token: str = field(repr=False)
    organization: str | None


class ServiceStacks:
    """The project's stacks in the organization that Pulumi would take.

    Raises:
        NotReadable: from each method, where Pulumi is to be asked instead.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._organization = account.organization
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def names(self) -> tuple[str, ...]:
        """Name every stack of the project; those of other organizations have longer names."""
        with ThreadPoolExecutor(1, thread_name_prefix="organization") as pool:
            organization = pool.submit(self._owner)
            stacks = self._listed()
            own = organization.result()
        return tuple(sorted(str(each["stackName"]) for each in stacks if each["orgName"] == own))

    def state(self, name: str) -> Mapping[str, Any]:
        """Return what the last run left in the state of a stack; {} where there was none."""
        return deployment_in(self._of_stack(name, "/export"), "deployment")

    def last_run(self, name: str) -> Run:
        """Return what the service's history says of the last run on a stack."""
        try:
            info = self._of_stack(name, "/updates/latest")["info"]
            kind, result, message = info["kind"], info["result"], info["message"]
            config = {key: _value(each) for key, each in (info.get("config") or {}).items()}
            version = int(info["version"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise NotReadable(f"no history: {error}") from error
        if (info.get("environment") or {}).get("stack.environments"):
            raise NotReadable("an environment gave the stack settings too")
        state = deployment_in(self._of_stack(name, f"/export/{version}"), "deployment")
        return Run(kind, result, message, config, state)

    def require_settings_file(self, name: str) -> None:
        """Refuse a stack whose settings the service keeps, and not a file beside the project."""
        if self._of_stack(name, "").get("config") is not None:
            raise NotReadable("the service keeps the stack's settings")

    def _listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query = {"project": PROJECT}
        while True:
            answer = self._get("/api/user/stacks", query)
            stacks, more = answer.get("stacks") or [], answer.get("continuationToken")
            if not all(isinstance(each, dict) and {"orgName", "stackName"} <= each.keys()
                       for each in stacks):  # fmt: skip
                raise NotReadable("a list of stacks of another shape")
            found += [each for each in stacks if each.get("projectName") == PROJECT]
            if not more:
                return found
            query = {"project": PROJECT, "continuationToken": str(more)}

    def _owner(self) -> str:
        """Name the organization that a stack's short name is in."""
        if self._organization is None:
            answer = self._get("/api/user/organizations/default")
            # Go's JSON takes a field's name in any case.
            named = {key.lower(): each for key, each in answer.items()}.get("githublogin")
            if not isinstance(named, str) or not named:
                raise NotReadable("the service names no organization")
            self._organization = named
        return self._organization

    def _of_stack(self, name: str, what: str) -> dict[str, Any]:
        return self._get(f"/api/stacks/{self._owner()}/{PROJECT}/{name}{what}")

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        import httpx

        try:
            answer = self._open().get(path, params=query)
            content = answer.json() if answer.status_code == _OK else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            raise NotReadable(str(error)) from error
        if not isinstance(content, dict):
            raise NotReadable(f"the service answers {answer.status_code} at {path}")
        return content

    def _open(self) -> "httpx.Client":
        import httpx

        with self._lock:
            if self._client is None:
                headers = {"authorization": f"token {self._account.token}", "accept": _VERSION}
                self._client = httpx.Client(
                    base_url=self._account.url, headers=headers, timeout=_TIMEOUT_S
                )
                weakref.finalize(self, self._client.close)
            return self._client


def account_of(place: StackPlace, environment: Mapping[str, str]) -> Account | None:
    """Find the service in which Pulumi keeps the stacks of a place; None: it keeps them elsewhere.

    Raises:
        NotReadable: only Pulumi can sign in there, or it cannot be known which one it is.
    """
    environment = {**environment, **place.environment}
    token = environment.get(_TOKEN)
    try:
        url = configured_url(place, environment)
    except NotReadable:
        if not token or environment.get("PULUMI_API"):
            raise
        url = _DEFAULT_URL
    if not url.startswith(("https://", "http://")):
        return None
    url = url.rstrip("/")
    organization = environment.get("PULUMI_DEFAULT_ORGANIZATION") or _chosen(environment, url)
    return Account(url, token or _stored_token(environment, url), organization or None)


def _chosen(environment: Mapping[str, str], url: str) -> str | None:
    """Return the organization of `pulumi org set-default`."""
    backends = _json(environment, "config.json").get("backends") or {}
    try:
        named = backends.get(url, {}).get("defaultOrg")
    except AttributeError as error:
        raise NotReadable("a configuration of another shape") from error
    return None if named is None else str(named)


def _stored_token(environment: Mapping[str, str], url: str) -> str:
    credentials = _json(environment, "credentials.json")
    try:
        account = (credentials.get("accounts") or {}).get(url) or {}
        token = account.get("accessToken") or (credentials.get("accessTokens") or {}).get(url)
        is_usual = not account.get("refreshToken") and not account.get("insecure")
    except AttributeError as error:
        raise NotReadable("credentials of another shape") from error
    if not is_usual or not isinstance(token, str) or not token:
        raise NotReadable("Pulumi alone can sign in there")
    return token


def _json(environment: Mapping[str, str], name: str) -> dict[str, Any]:
    """Read one of Pulumi's own files; {} where there is none."""
    try:
        content = json.loads((pulumi_home(environment) / name).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise NotReadable(str(error)) from error
    if not isinstance(content, dict):
        raise NotReadable(f"{name} is no object")
    return content


def _value(value: Mapping[str, Any]) -> object:
    """Write a value of the service's history as a stack's file has it."""
    text = value["string"]
    if value.get("secret"):
        if value.get("object"):
            raise NotReadable("a part of it is a secret")
        return {"secure": text}
    return json.loads(text) if value.get("object") else text
