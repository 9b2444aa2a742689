"""Who is talked with: a running deployment, what its model can do, and its defaults."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from llamactl.app import App
from llamactl.deployments import api_key, find
from llamactl.output import talk
from llamactl_catalog.model import Model
from llamactl_catalog.prompts import Message
from llamactl_gateway.endpoint import Delta, Endpoint, Sampling, connect
from llamactl_infra.deployment import Deployment

# chat: answers a conversation. complete: continues a text. judge: rates one text as safe or not.
Mode = Literal["chat", "complete", "judge"]
# A base model does not know when to stop, so its texts have an end even where no one asked.
COMPLETION_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Partner:
    """One deployment that answers. `model` is None where the catalog no longer has it."""

    deployment: Deployment
    endpoint: Endpoint
    model: Model | None
    mode: Mode

    def ask(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Delta, None, None]:
        """Stream the answer to the last message; only a chat model is told the others."""
        match self.mode:
            case "chat":
                return self.endpoint.chat(messages, sampling)
            case "judge":
                return self.endpoint.chat(messages[-1:], sampling)
            case "complete":
                return self.endpoint.complete(messages[-1].content, sampling)
            case _:
                assert_never(self.mode)

    @property
    def remembers(self) -> bool:
        """Whether the next answer depends on the ones before."""
        return self.mode == "chat"

    def sampling(self) -> Sampling:
        """The settings to start from: the model's chat defaults, and an end for a base model."""
        limit = COMPLETION_TOKENS if self.mode == "complete" else None
        if self.model is None:
            return Sampling(max_tokens=limit)
        defaults = self.model.chat_defaults
        return Sampling(
            temperature=defaults.temperature,
            repetition_penalty=defaults.repetition_penalty,
            max_tokens=limit,
        )

    def system(self) -> str | None:
        """The system message to start from."""
        if self.model is None or not self.remembers:
            return None
        return self.model.chat_defaults.system

    def warning(self) -> str | None:
        """What a person must know before the first answer."""
        match self.mode:
            case "chat":
                return None
            case "judge":
                return (
                    f"{self.deployment.model} rates each text as safe or unsafe, on its own; "
                    "it does not converse."
                )
            case "complete":
                return (
                    f"{self.deployment.model} has no chat format and no guardrails: it continues "
                    f"each text on its own, for {COMPLETION_TOKENS} tokens unless max_tokens says "
                    "otherwise, and may say anything."
                )
            case _:
                assert_never(self.mode)


def open_partner(app: App, name: str, *, raw: bool = False) -> Partner:
    """Find the deployment of that name and its model; `raw` completes text with any model.

    Raises:
        UnknownDeployment: there is none of that name.
        Unhealthy: it does not run.
    """
    deployment = find(app, name)
    if deployment.may_answer and deployment.cloud != "local":
        deployment = replace(deployment, api_key=api_key(app, deployment))
    endpoint = connect(deployment)
    if deployment.reason is not None:
        # Here it runs, but is slow or stuck.
        waiting = "; waiting for it" if deployment.cloud == "local" else ""
        talk(f"warning: {deployment.reason}{waiting}")
    model = _model(app, deployment.model)
    return Partner(deployment, endpoint, model, "complete" if raw else _mode(model))


def _model(app: App, model_id: str) -> Model | None:
    catalog = app.catalog()
    known = (*catalog.models, *(hidden.model for hidden in catalog.hidden))
    return next((model for model in known if model.id == model_id), None)


def _mode(model: Model | None) -> Mode:
    if model is None:
        return "chat"
    if model.prompt_format is None:
        return "complete"
    return "judge" if model.variant == "guard" else "chat"
