"""What a builder's output says about how far it is."""

import re

from llamactl_catalog.progress import Step

# buildah and podman: `STEP 3/7: COPY …`; docker's buildx with --progress=plain: `#7 [2/4] RUN …`.
_STEPS = (
    re.compile(r"STEP (?P<number>\d+)/(?P<count>\d+): (?P<what>.*)"),
    re.compile(r"#\d+ \[(?:[\w.-]+ +)?(?P<number>\d+)/(?P<count>\d+)\] (?P<what>.*)"),
)
_OTHERS = (
    (re.compile(r"Trying to pull (\S+?)(\.\.\.)?$"), "pulling {0}"),
    (re.compile(r"#\d+ (?:extracting|sha256:)"), "pulling the base"),
    (re.compile(r"(?:#\d+ exporting layers|COMMIT|Copying blob )"), "packing the layers"),
    (re.compile(r"#\d+ exporting to"), "packing the layers"),
)
_LONGEST = 60


def step_of(line: str) -> Step | None:
    """Give the step that a line of output tells about; None: it tells about none."""
    for pattern in _STEPS:
        if (found := pattern.match(line)) is not None:
            what = found["what"].strip()
            shown = what if len(what) <= _LONGEST else f"{what[: _LONGEST - 1]}…"
            return Step(f"step {found['number']} of {found['count']}: {shown}")
    for pattern, text in _OTHERS:
        if (other := pattern.match(line)) is not None:
            return Step(text.format(*other.groups()))
    return None
