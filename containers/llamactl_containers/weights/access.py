"""May a token read a revision on the Hub: the answers there are, and what a user is told."""

from dataclasses import dataclass
from typing import Literal

from llamactl_catalog.errors import InvalidInput, LlamactlError, NoAccess, NotFound
from llamactl_containers.web_address import is_web_address

DEFAULT_ENDPOINT = "https://huggingface.co"
AccessState = Literal[
    "granted", "not-logged-in", "not-granted", "wrong-token", "no-repository", "no-revision"
]


@dataclass(frozen=True, slots=True)
class HubRevision:
    """One commit of one repository of a Hub."""

    repo: str
    revision: str
    endpoint: str = DEFAULT_ENDPOINT

    @property
    def page(self) -> str:
        """Where a person asks for access."""
        return f"{self.endpoint}/{self.repo}"


@dataclass(frozen=True, slots=True)
class Access:
    """Whether a token may read a revision; `token` and `account` say whose it is, never what."""

    state: AccessState
    repo: str
    revision: str
    gated: bool
    token: str | None
    account: str | None = None
    said: str | None = None


def checked_endpoint(text: str) -> str:
    """Give the address of a Hub back, if it is one.

    Raises:
        InvalidInput: it is none, or it holds a password, which would show in messages.
    """
    hint = f"HF_ENDPOINT is to be like {DEFAULT_ENDPOINT}, without a user or a password in it"
    if not is_web_address(text):
        raise InvalidInput("what HF_ENDPOINT holds is no address of a Hub", hint=hint)
    return text


def require_access(access: Access, revision: HubRevision) -> LlamactlError | None:
    """Give what to tell a user who may not read a revision; None: the user may."""
    repo = access.repo
    ask = f"ask for it at {revision.page}, in a browser"
    match access.state:
        case "granted":
            return None
        case "not-logged-in":
            what = "is gated" if access.gated else "is private, gated, or not there"
            hint = f"set HF_TOKEN, or hf auth login; without access yet, {ask}"
            return NoAccess(f"{repo} {what}, and no token of the Hub is here", hint=hint)
        case "wrong-token":
            hint = f"make a new one at {revision.endpoint}/settings/tokens, and put it there"
            return NoAccess(f"the Hub does not know the token of the {access.token}", hint=hint)
        case "not-granted":
            whose = f"{access.account}, whose token the {access.token} holds,"
            said = "" if access.said is None else f": {' '.join(access.said.split())}"
            rights = "a fine-grained token also needs the right to read gated repositories"
            hint = f"{ask}; access is a person's, and {rights}"
            return NoAccess(f"{whose} has no access to {repo}{said}", hint=hint)
        case "no-repository":
            hint = "check the model's sources: llamactl models show MODEL"
            return NotFound(f"no repository {repo} on {revision.endpoint}", hint=hint)
        case "no-revision":
            hint = "pin another revision in the catalog overlay"
            return NotFound(f"{repo} has no revision {access.revision}", hint=hint)
