"""What the last words of a container mean, on every cloud alike: those of engine, driver and Hub.

Sources: TGI 3.3.6, launcher and server (read 2026-11); NVIDIA's CUDA compatibility guide;
huggingface_hub 1.x, errors; PyTorch 2.7, c10/cuda.
"""

from llamactl_catalog.errors import InvalidInput, NoAccess, NoCapacity, Unhealthy
from llamactl_infra.clouds.causes import cause

CONTAINER_CAUSES = (
    cause(
        r"gated repo|GatedRepo|awaiting a review|(401|403) Client Error",
        NoAccess,
        "ask for access on the model's page; llamactl weights probe tells whether you have it",
    ),
    cause(
        r"CUDA driver version is insufficient|forward compatibility was attempted"
        r"|unsatisfied condition: cuda|driver on your system is too old|nvidia-container-cli"
        r"|no kernel image is available|Found no NVIDIA driver",
        Unhealthy,
        "the host's driver is older than the container, or there is none: --engine tgi@VERSION "
        "with an older CUDA, or a newer host image",
    ),
    cause(
        r"CUDA out of memory|OutOfMemoryError|Not enough memory to handle|CUBLAS_STATUS_ALLOC"
        r"|signal(ed)?.* 9\b|OOMKilled|Killed process",
        Unhealthy,
        "a larger --instance-type, a shorter --context, or fewer bits: llamactl plan",
    ),
    cause(
        r"No space left on device",
        NoCapacity,
        "an instance type with a larger disk, or staged weights: llamactl plan",
    ),
    cause(
        r"Name or service not known|Temporary failure in name resolution|Max retries exceeded"
        r"|MaxRetryError",
        Unhealthy,
        "the container reaches no network: llamactl weights stage brings the weights to it",
    ),
    cause(
        r"RepositoryNotFound|RevisionNotFound|EntryNotFound|404 Client Error",
        InvalidInput,
        "the weights are not there under that name and revision: llamactl weights probe",
    ),
    cause(
        r"not divisible|num_?shard.*(must|cannot|invalid)|sharded.*not (supported|possible)",
        InvalidInput,
        "the model cannot be spread over so many GPUs: llamactl plan has the counts that work",
    ),
    cause(
        r"exec format error|exec user process",
        InvalidInput,
        "the image is of another kind of processor: llamactl image build, then push it again",
    ),
)
