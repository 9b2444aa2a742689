"""The page of one model: all that the catalog knows of it, in 80 columns of plain text."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from llamactl_catalog.catalog import BUILT_IN
from llamactl_catalog.licensing.requirement import kept_back_use
from llamactl_catalog.model import Architecture, Hosting, Model, Source
from llamactl_catalog.units import format_bytes, format_count

COLUMNS = 80
REFUSED = "REFUSED unless an override with a reason is on record"
_LABEL = 15
HOSTING: dict[Hosting, str] = {
    "allowed": "hosting is allowed",
    "separate-license": "hosting it for others needs a separate license",
    "forbidden": "hosting it for others is forbidden",
}


def model_page(model: Model) -> str:
    """Write the page of a model."""
    weights = f"{format_bytes(model.weights_bytes)} in 16 bit"
    parameters = f"{format_count(model.parameters)} ({model.parameters:,})"
    lines = [
        f"{model.id}: {model.name}",
        "",
        *entry("family", [f"{model.family}, {model.variant}"]),
        *entry("parameters", [parameters]),
        *entry("weights", [f"{weights} ({model.weights_bytes:,} bytes)"]),
        *entry("architecture", [_architecture_text(model.architecture)]),
        *entry("context", [f"{model.architecture.context_tokens:,} tokens"]),
        *entry("prompt format", [_prompt_text(model)]),
        *entry("guardrails", [_guardrails_text(model)]),
        *entry("chat defaults", _chat_defaults(model)),
        *entry("license", _license_texts(model)),
        *entry(
            "",
            [
                _earlier_text(each.license, each.changed_at, each.note)
                for each in model.earlier_licenses
            ],
        ),
        *entry("access", [_access_text(model)]),
        *entry("notes", model.notes),
        *entry("checked", [f"{model.checked_on.isoformat()}. {model.source}"]),
        *entry("added by", [] if model.origin == BUILT_IN else [model.origin]),
        "",
        *_source_lines(model.sources, datetime.now(UTC).date()),
    ]
    return "\n".join(lines)


def entry(label: str, texts: Sequence[str]) -> list[str]:
    """Set each text beside the label, the lines that follow its first indented."""
    lines = []
    for text in texts:
        first, *rest = wrapped(text, COLUMNS - _LABEL - 2) or [""]
        lines += [first, *(f"  {line}" for line in rest)]
    labels = [label, *[""] * len(lines)]
    return [f"{name:<{_LABEL}}{line}" for name, line in zip(labels, lines, strict=False)]


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width`, never inside a word that may be copied."""
    from textwrap import wrap

    return wrap(text, width, break_long_words=False, break_on_hyphens=False)


def shortened(text: str, width: int) -> str:
    """Cut a text to `width`, with an ellipsis in place of what is cut."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _architecture_text(shape: Architecture) -> str:
    positions = "" if shape.rope_theta is None else f", rotary base {shape.rope_theta:,.0f}"
    if shape.rope_scaling is not None:
        positions += f" scaled by {shape.rope_scaling}"
    head = "the embedding table" if shape.tied_embeddings else "a table of its own"
    return (
        f"{shape.kind}: {shape.layers} layers of {shape.hidden:,}, "
        f"feed-forward {shape.intermediate:,}; "
        f"{shape.heads} heads of {shape.head_dim}, {shape.kv_heads} of keys and values{positions}; "
        f"vocabulary {shape.vocab:,}, output by {head}"
    )


def _prompt_text(model: Model) -> str:
    if model.prompt_format is not None:
        return model.prompt_format
    if model.variant in ("base", "python"):
        return "none: it continues plain text"
    return "one of its own that llamactl does not write; it gets plain text"


def _guardrails_text(model: Model) -> str:
    match model.guardrails:
        case "classifier":
            return "it is one: it tells safe from unsafe"
        case "safety-tuned":
            return "safety-tuned; still check its answers before people rely on them"
        case "none" if model.variant in ("base", "python"):
            return (
                "NONE. A base model continues any text, harmful or untrue as it may be: "
                "put your own filter around it"
            )
        case "none":
            return "NONE on record: put your own filter around it"


def _chat_defaults(model: Model) -> list[str]:
    given = {name: each for name, each in asdict(model.chat_defaults).items() if each is not None}
    return [f"{name.replace('_', ' ')}: {value}" for name, value in given.items()]


def _license_texts(model: Model) -> list[str]:
    terms = model.license
    since = "" if terms.effective_on is None else f", of {terms.effective_on.isoformat()}"
    conditions = [
        "must be accepted first" if terms.acceptance_required else "needs no acceptance",
        "a business may use it" if terms.commercial_use else "NOT for commercial use",
        HOSTING[terms.hosting],
    ]
    kept_back = kept_back_use(terms)
    refused = [] if kept_back is None else [f"{REFUSED}: it {kept_back}"]
    asked = [each.otherwise for each in terms.conditions if each.is_asked_for(model.id)]
    points = [*(each.text for each in terms.duties), *asked, *terms.notes]
    return [
        f"{terms.name} ({terms.id}{since})",
        "; ".join(conditions),
        *refused,
        *(f"- {each}" for each in points),
        f"llamactl license show {model.id} has its sections and texts",
    ]


def _earlier_text(license_id: str, changed_at: str, note: str) -> str:
    return f"before revision {changed_at[:7]}: {license_id}. {note}"


def _access_text(model: Model) -> str:
    if model.gated:
        return "gated: Hugging Face gives the files only to those whom it granted access"
    return "open: nobody has to grant access"


def _source_lines(sources: Sequence[Source], today: date) -> Iterator[str]:
    for source in sources:
        values: dict[str, Any] = asdict(source)
        yield f"weights from {values.pop('kind')}"
        # The first value is the place: an address that is copied whole, so it is never broken.
        (_, place), *details = values.items()
        yield f"  {place}"
        for name, value in details:
            if (text := _detail(name, value, today)) is not None:
                yield f"  {text}"


def _detail(name: str, value: Any, today: date) -> str | None:
    match value:
        case None:
            return "no revision is pinned" if name == "revision" else None
        case date():
            return f"{'RETIRED on' if value <= today else 'retires on'} {value.isoformat()}"
        case int() if name.endswith("_bytes"):
            return f"{name.removesuffix('_bytes')} {format_bytes(value)}"
        case _:
            return f"{name.replace('_', ' ')} {value}"
