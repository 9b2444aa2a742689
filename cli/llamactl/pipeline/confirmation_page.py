"""What is about to be deployed, for a person to read in 80 columns before it costs anything."""

from collections.abc import Iterator

from llamactl.model_page import COLUMNS, entry, wrapped
from llamactl.pipeline.deploy_guards import cautions_of, changes_of, guards_of
from llamactl.pipeline.license_standing import LicenseStanding, standing_of
from llamactl.pipeline.preparing import Prepared
from llamactl.plan_words import first_token, gpus, instances, quota_line, sizing, weights
from llamactl_catalog.clouds import clouds
from llamactl_catalog.costs import usd_per_month
from llamactl_catalog.engine_versions import written
from llamactl_catalog.placement import whole_answer_s
from llamactl_catalog.serving_contracts import contract_of
from llamactl_catalog.units import format_bytes, format_count, format_rate, tokens_of
from llamactl_infra.spec import Update

_GUARD_COLUMNS = 19
_STATE_COLUMNS = 5
_UPDATES: dict[Update, str] = {
    "all-at-once": "all at once: a second fleet beside the first, which then goes",
    "canary": "canary: a part of the traffic first, then all of it",
    "linear": "linear: the traffic in equal parts",
    "rolling": "rolling: a batch of instances at a time, without a second fleet",
}
_IMAGES = {
    "ready": "the cloud's own image",
    "published": "the engine's own image",
    "pushed": "an image of yours, pushed before",
    "named": "the image that you named",
    "built": "llamactl's own image, built and pushed by deploy",
    "kept": "the image that runs",
}


def confirmation_page(ready: Prepared, standing: LicenseStanding | None = None) -> str:
    """Write the page; without a standing, what the license asks for is on record."""
    spec = ready.spec
    if standing is None:
        standing = standing_of(ready.model, spec.revision, ready.acceptance)
    place = clouds()[spec.cloud].service
    lines = [
        *wrapped(f"{ready.model.id} on {place} in {spec.region}, as '{spec.name}'", COLUMNS),
        "",
        *entry("model", [_model(ready)]),
        *entry("license", _license(standing)),
        *entry("image", _image(ready)),
        *entry("weights", _weights(ready)),
        *entry("placement", [_placement(ready)]),
        *entry("memory", [sizing(ready.placement, ready.plan).removeprefix("Memory: ")]),
        *entry("load", [_load(ready)]),
        *entry("speed", [_speed(ready)]),
        *entry("requests", [_requests(ready)]),
        *entry("quota", [_quota(ready)]),
        *entry("cost", _cost(ready)),
        *entry("update", [_UPDATES[spec.update]]),
        *entry("owner", _owner(ready)),
        "",
        *_guards(ready, standing),
        *_bullets("changes", changes_of(ready)),
        *_bullets("warnings", list(cautions_of(ready))),
    ]
    return "\n".join(lines)


def next_steps(ready: Prepared, standing: LicenseStanding) -> str:
    """Say what comes after a dry run."""
    accept = standing.command()
    steps = {
        f"llamactl check {ready.model.id} --cloud {ready.spec.cloud}": "what the account allows",
        "the same with --preview": "the resources, one by one",
        "the same without --dry-run": "deploys, after a yes",
        f"llamactl destroy {ready.spec.name}": "removes it again",
    }
    if accept is not None:
        steps = {accept: "deploy refuses until then", **steps}
    width = max(map(len, steps))
    lines = [f"  {command:<{width}}  {what}" for command, what in steps.items()]
    head = "Nothing was made, put on record or asked of a cloud. What comes next:"
    return "\n".join([head, *lines])


def _model(ready: Prepared) -> str:
    revision = "" if ready.spec.revision is None else f", revision {ready.spec.revision[:12]}"
    size = format_count(ready.model.parameters)
    return f"{ready.model.name}, {size} parameters{revision}"


def _license(standing: LicenseStanding) -> list[str]:
    command = standing.command()
    return [standing.words(), *([] if command is None else [command])]


def _image(ready: Prepared) -> list[str]:
    image = ready.image
    cuda = written(image.version.cuda)
    what = f"{image.version.engine} {image.version.version}, CUDA {cuda}; {_IMAGES[image.kind]}"
    if image.reference is None:
        return [what, f"into {image.registry}"]
    if "@" not in image.reference:
        what = f"{what}, by its tag"
    return [what, image.reference]


def _weights(ready: Prepared) -> list[str]:
    it = ready.weights
    size = format_bytes(it.size_bytes)
    match it.kind:
        case "hub":
            return [f"{size}, fetched by the engine from the Hugging Face Hub: {it.repo}"]
        case "token":
            who = "with your token, which becomes a secret of the workspace"
            return [f"{size}, fetched by the engine from the Hugging Face Hub {who}: {it.repo}"]
        case "staged":
            account = "" if ready.account is not None or not it.is_default_place else _UNKNOWN
            return [
                f"{size}, staged by deploy from the Hugging Face Hub into{account}",
                it.uri or "",
            ]
        case "prepared":
            return [f"{size}, quantized, in", it.uri or ""]
        case "given":
            return [f"{size}, where the cloud has them ready:", it.uri or ""]
        case "kept":
            return [f"{size}, where the deployment has them", it.uri or ""]


_UNKNOWN = " (your account's number comes instead of the zeros)"


def _placement(ready: Prepared) -> str:
    it = ready.placement
    shards = "1 shard" if it.num_shard == 1 else f"{it.num_shard} shards"
    region = it.offer.price.region
    return f"{instances(it)} in {region}: {gpus(it)} each, {shards}, weights in {weights(it)}"


def _load(ready: Prepared) -> str:
    work = ready.plan.workload
    at_once = "1 request" if work.concurrency == 1 else f"{work.concurrency} requests"
    return (
        f"{at_once} at once, {tokens_of(work.input_tokens)} in and {work.output_tokens} out, "
        f"context {work.context_tokens}"
    )


def _speed(ready: Prepared) -> str:
    speed, factor = ready.placement.speed, ready.placement.speed.error_factor
    each = speed.ms_per_token
    return (
        f"{each:.1f} ms per token (8 of 10 cases: {each / factor:.1f} to {each * factor:.1f}), "
        f"first token after {first_token(speed)} ms, "
        f"{format_rate(ready.placement.tokens_per_s)} tokens/s in all"
    )


def _requests(ready: Prepared) -> str:
    cloud, work = clouds()[ready.spec.cloud], ready.plan.workload
    answer_s = whole_answer_s(ready.placement.speed, work.output_tokens)
    return (
        f"an answer of {tokens_of(work.output_tokens)} takes {answer_s:.0f} s; "
        f"{contract_of(ready.spec.cloud).name} ends one after {cloud.request_limit_s:.0f} s, "
        f"a streamed one after {cloud.stream_limit_s:.0f} s"
    )


def _cost(ready: Prepared) -> list[str]:
    it, counts = ready.placement, ready.capacity
    usual = (
        f"${it.usd_per_hour:.2f} an hour, ${it.usd_per_month:,.0f} a month of 730 hours; "
        f"${it.usd_per_million_tokens:.2f} per 1M output tokens at that load"
    )
    lines = [usual]
    if counts.is_scaled:
        low, peak = ready.lowest_usd_per_hour, ready.peak_usd_per_hour
        months = f"${usd_per_month(low):,.0f} to ${usd_per_month(peak):,.0f} a month"
        lines.append(f"{counts}: ${low:.2f} to ${peak:.2f} an hour, {months}")
    return lines


def _quota(ready: Prepared) -> str:
    line = quota_line(ready.placement, ready.capacity.peak)
    at_peak = "at the peak: " if ready.capacity.is_scaled else ""
    return f"{at_peak}{line.removeprefix('Quota: ')}"


def _owner(ready: Prepared) -> list[str]:
    spec = ready.spec
    parts = [spec.owner] if spec.owner is not None else []
    if spec.expires_on is not None:
        parts.append(f"expires on {spec.expires_on}")
    return [", ".join(parts)] if parts else []


def _guards(ready: Prepared, standing: LicenseStanding) -> Iterator[str]:
    yield "guards"
    for guard in guards_of(ready, standing):
        head = (
            f"  {'on' if guard.on else 'OFF':<{_STATE_COLUMNS - 1}}{guard.name:<{_GUARD_COLUMNS}}"
        )
        first, *rest = wrapped(guard.text, COLUMNS - len(head))
        yield f"{head}{first}"
        yield from (f"{'':<{len(head)}}{each}" for each in rest)


def _bullets(title: str, texts: list[str]) -> Iterator[str]:
    if not texts:
        return
    yield ""
    yield title
    for text in texts:
        first, *rest = wrapped(text, COLUMNS - 4)
        yield f"  - {first}"
        yield from (f"    {each}" for each in rest)
