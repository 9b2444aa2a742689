"""The weights stage of a cloud: who fetches them from where, and staging them there."""

import os
from dataclasses import dataclass
from typing import Literal

from llamactl.app import App
from llamactl.pipeline.accepted import Accepted
from llamactl.pipeline.cloud_image import ImageChoice
from llamactl.pipeline.cloud_order import HUB, CloudOrder
from llamactl.pipeline.staging import FetchOrder, fetch_weights, verify_staged
from llamactl_catalog.errors import InvalidInput, NoAccess, NotFound
from llamactl_catalog.model import HuggingFaceSource, Model
from llamactl_catalog.placement import Quantization
from llamactl_catalog.quantization import PREPARED, file_bytes
from llamactl_containers.weights.manifest import Manifest
from llamactl_containers.weights.tokens import find_token
from llamactl_infra.drafts.draft import Draft
from llamactl_infra.spec import Spec
from llamactl_infra.stacks.staged import StagedCopies, StagedCopy


@dataclass(frozen=True, slots=True)
class WeightsChoice:
    """Where the weights come from when an instance starts.

    "hub": the engine fetches `repo` at `revision`; "token": so it does, with the user's token as a
    secret of the platform; "staged": the platform fetches them from `place`, where `staged` puts
    them before if they are not there; "prepared": they must lie in `place` already, quantized;
    "given": they lie ready in a place of the cloud's own; "kept": they are where the deployment
    has them. `place` is an address as `llamactl weights`
    takes it, `uri` as the platform does. `size_bytes` is that of the files.
    """

    kind: Literal["hub", "token", "staged", "prepared", "given", "kept"]
    repo: str | None
    revision: str | None
    size_bytes: int
    place: str | None = None
    uri: str | None = None
    is_default_place: bool = False


@dataclass(frozen=True, slots=True)
class WeightsQuestion:
    """What decides where weights come from; `account` is who is signed in, or stands for it."""

    order: CloudOrder
    model: Model
    quantization: Quantization
    spec: Spec
    stored: Spec | None
    image: ImageChoice
    account: str


def choose_weights(asked: WeightsQuestion, draft: Draft) -> WeightsChoice:
    """Choose where the weights come from.

    Raises:
        InvalidInput: the order asks for what cannot be.
        NotFound: the model has no repository on the Hub, and no place was named.
        NoAccess: gated weights, and no token that could read them.
    """
    order, model, spec = asked.order, asked.model, asked.spec
    source = next((each for each in model.sources if isinstance(each, HuggingFaceSource)), None)
    size_bytes = file_bytes(model, asked.quantization)
    repo, revision = (None, None) if source is None else (source.repo, source.revision)
    if order.weights is not None and order.weights != HUB:
        return _in_place(asked, draft, order.weights, repo, revision)
    stands = None if order.weights is not None else _standing_uri(asked, revision)
    if stands is not None:
        return WeightsChoice("kept", repo, revision, size_bytes, uri=stands)
    if asked.quantization in PREPARED:
        raise _prepared_only(asked, draft)
    if repo is None or revision is None:
        what = "no repository on the Hugging Face Hub" if repo is None else "no pinned revision"
        raise NotFound(f"{model.id} has {what}", hint=_stage_first(model, draft))
    if order.weights is None and (draft.isolated(spec) or (model.gated and not draft.keeps_token)):
        place = draft.staging_place(model, revision, spec, asked.account)
        if place is None:
            message = "the containers reach no Hub"
            raise InvalidInput(message, hint=_stage_first(model, draft))
        uri = draft.weights_uri(place, spec)
        return WeightsChoice("staged", repo, revision, size_bytes, place, uri, True)
    if not model.gated:
        return WeightsChoice("hub", repo, revision, size_bytes)
    if not draft.keeps_token:
        message = f"--weights {HUB}: {model.id} is gated, and no token can be kept secret there"
        raise InvalidInput(message, hint="leave --weights out: deploy stages them in your account")
    return WeightsChoice("token", repo, revision, size_bytes)


def hub_token(choice: WeightsChoice, stored: Spec | None) -> str | None:
    """Give the token that the engine is to fetch gated weights with, or that it has.

    Raises:
        NoAccess: there is none.
    """
    if choice.kind != "token":
        return None
    token = find_token(os.environ)
    if token is None and stored is not None and stored.hub_token is not None:
        return stored.hub_token
    if token is None:
        raise NoAccess(
            f"{choice.repo} is gated, and there is no token of the Hugging Face Hub",
            hint=f"ask for access at huggingface.co/{choice.repo}, then set HF_TOKEN",
        )
    return token.value


def have_weights(  # noqa: PLR0913, PLR0917 - what, where and by whom
    app: App, choice: WeightsChoice, draft: Draft, spec: Spec, account: str, accepted: Accepted
) -> None:
    """Have the weights where the platform fetches them, whole and verified.

    Raises:
        LlamactlError: with the exit code of what went wrong.
    """
    if choice.place is None or choice.kind not in {"staged", "prepared"}:
        return
    draft.check_storage(spec, os.environ)
    copy = StagedCopy(choice.place, spec.cloud, spec.region)
    if choice.is_default_place:
        StagedCopies(app.state_dir).remember(spec.name, copy)
        draft.have_place(choice.place, spec, account)
    if _are_there(choice, spec):
        return
    if choice.kind == "prepared":
        hint = f"llamactl weights stage {spec.model} --source FOLDER --to {choice.place}"
        raise NotFound(f"{choice.place} holds no quantized weights of {spec.model}", hint=hint)
    StagedCopies(app.state_dir).remember(spec.name, copy)
    fetch_weights(app, FetchOrder(spec.model, choice.place, accepted=accepted))


def _standing_uri(asked: WeightsQuestion, revision: str | None) -> str | None:
    """Give where the deployment that stands has the same weights, in the same region."""
    stored, spec = asked.stored, asked.spec
    if stored is None:
        return None
    is_same = (stored.cloud, stored.region, stored.revision) == (spec.cloud, spec.region, revision)
    return stored.weights_uri if is_same else None


def _are_there(choice: WeightsChoice, spec: Spec) -> bool:
    found = verify_staged(str(choice.place))
    return found is not None and not found.problems and _are_of(found.manifest, choice, spec)


def _are_of(manifest: Manifest, choice: WeightsChoice, spec: Spec) -> bool:
    revision = manifest.origin.get("revision")
    return manifest.model == spec.model and revision in {None, choice.revision}


def _in_place(
    asked: WeightsQuestion, draft: Draft, place: str, repo: str | None, revision: str | None
) -> WeightsChoice:
    scheme, colon, _ = place.partition("://")
    if not colon or scheme != draft.scheme:
        hint = f"{draft.scheme}://…, or {HUB}"
        raise InvalidInput(f"--weights {place}: no place that is read from there", hint=hint)
    if not asked.image.finds_weights:
        message = "the engine's own image does not find weights that the platform fetches"
        hint = "take llamactl's: --registry REGISTRY, or --image REFERENCE@sha256:…"
        raise InvalidInput(message, hint=hint)
    kind: Literal["prepared", "staged", "given"] = "staged"
    if draft.is_given(place):
        kind = "given"
    elif asked.quantization in PREPARED:
        kind = "prepared"
    size_bytes = file_bytes(asked.model, asked.quantization)
    uri = draft.weights_uri(place, asked.spec)
    return WeightsChoice(kind, repo, revision, size_bytes, place, uri)


def _prepared_only(asked: WeightsQuestion, draft: Draft) -> InvalidInput:
    return InvalidInput(
        f"--quantize {asked.quantization} asks for weights that were quantized so before",
        hint=f"stage yours, then --weights {draft.scheme}://…; "
        "or --quantize bitsandbytes-nf4, which the engine does as it loads",
    )


def _stage_first(model: Model, draft: Draft) -> str:
    place = f"{draft.scheme}://…"
    return f"llamactl weights stage {model.id} --source FOLDER --to {place}, then --weights {place}"
