"""The three ways to an engine: by itself, behind SageMaker's runtime, behind Azure's scoring."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llamactl_gateway.azure_endpoint import AzureEndpoint
from llamactl_gateway.openai_endpoint import OpenAIEndpoint
from llamactl_gateway.protocol import Endpoint
from llamactl_gateway.sagemaker_endpoint import SageMakerEndpoint
from standins.azure_scoring import KEY, AzureScoring
from standins.front import Front
from standins.sagemaker_runtime import REGION, SageMakerRuntime, Signer

MODEL = "tiny-llama"
KINDS = ("local", "aws", "azure", "azure-token")


@dataclass(frozen=True)
class Door:
    """A client of the engine; `front` is the platform between, None where there is none."""

    endpoint: Endpoint
    front: Front | None


@contextmanager
def door(kind: str, engine_url: str, *, chopped: bool = False, **settings: Any) -> Iterator[Door]:
    """Open a way to an engine; `chopped`: what it says arrives in pieces of three bytes."""
    match kind:
        case "local":
            yield Door(OpenAIEndpoint("mine", engine_url, MODEL, **settings), None)
        case "aws":
            size = {"frame_bytes": 3, "empty_frames": True} if chopped else {}
            with SageMakerRuntime(engine_url, **size) as front:
                yield Door(
                    SageMakerEndpoint("mine", front.url, REGION, MODEL, Signer(), **settings), front
                )
        case _:
            with AzureScoring(engine_url, **({"piece_bytes": 3} if chopped else {})) as front:
                who = signed_in() if kind == "azure-token" else {"api_key": KEY}
                yield Door(AzureEndpoint("mine", front.url, MODEL, **who, **settings), front)


def signed_in() -> dict[str, Any]:
    from standins.azure_scoring import SignedIn

    return {"identity": SignedIn()}
