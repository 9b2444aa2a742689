"""What runs a spec on this machine: the engine's command, its launch file, what it needs."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from llamactl_containers import docker
from llamactl_containers.disk import told
from llamactl_containers.engines.tgi_docker import TgiSettings
from llamactl_containers.llamacpp.launch import LaunchSettings, default_threads
from llamactl_containers.whole_files import make_folder
from llamactl_infra.local.records import Record
from llamactl_infra.spec import Spec

_LLAMACPP_DRAIN_S = 5.0
_TGI_DRAIN_S = 20.0  # docker stop gives 10 s, then kills; the rest is the daemon's own pace


def command(spec: Spec) -> tuple[str, ...]:
    """Give the command that runs the engine; the launch file comes as its last argument."""
    # -P: the working directory is no place to import from.
    python = (sys.executable, "-P", "-m")
    match spec.engine:
        case "llama.cpp":
            return (*python, "llamactl_containers.llamacpp")
        case "tgi":
            return (*python, "llamactl_containers.tgi_process")
    assert_never(spec.engine)


def drain_s(spec: Spec) -> float:
    """Give how long the engine may take to leave."""
    return _LLAMACPP_DRAIN_S if spec.engine == "llama.cpp" else _TGI_DRAIN_S


def require(spec: Spec) -> None:
    """Look for the programs that the engine needs, before anything is written.

    Raises:
        ProgramMissing: one is not there; the message says which, the hint how to get it.
        NoCapacity: fewer GPUs than shards.
    """
    if spec.engine == "tgi":
        docker.require_docker(gpus=spec.num_shard if spec.num_shard is not None else 1)


def settled(spec: Spec) -> Spec:
    """Give the spec with a path that means the same in every working directory."""
    if spec.engine == "tgi":  # a repository, or a folder by its absolute path
        return spec
    return replace(spec, weights=str(Path(spec.weights).absolute()))


def launch_text(record: Record, port: int, weights_dir: Path) -> str:
    """Give the text of the engine's launch file; port 0 takes a free one."""
    spec, instance_id = record.spec, record.instance_id or ""
    match spec.engine:
        case "llama.cpp":
            return _llamacpp(record, port).to_json()
        case "tgi":
            return TgiSettings(
                instance_id=instance_id,
                container=f"llamactl-{spec.name}",
                model_id=spec.weights,
                revision=spec.revision,
                num_shard=spec.num_shard if spec.num_shard is not None else 1,
                max_total_tokens=spec.context_tokens,
                prefill_tokens=spec.prefill_tokens,
                batch_tokens=spec.batch_tokens,
                weights_dir=str(weights_dir),
                port=port,
                api_key=spec.api_key,
            ).to_json()
    assert_never(spec.engine)


def make_room(spec: Spec, weights_dir: Path) -> None:
    """Make the folder for what a container downloads; docker would make it root's.

    Raises:
        NoCapacity, NoPermission: it cannot be made.
    """
    if spec.engine == "tgi":
        with told(weights_dir, "--cache-dir"):
            make_folder(weights_dir)


def sweep(spec: Spec, instance_id: str) -> None:
    """Remove what the engine may leave outside its process: a container.

    Raises:
        CleanupIncomplete: it could not be removed.
    """
    if spec.engine == "tgi":
        docker.remove_containers(instance_id)


def _llamacpp(record: Record, port: int) -> LaunchSettings:
    spec = record.spec
    threads, threads_batch = default_threads(_cores())
    return LaunchSettings(
        instance_id=record.instance_id or "",
        model_id=spec.model,
        model_path=spec.weights,
        prompt_format=spec.prompt_format,
        port=port,
        context_tokens=spec.context_tokens,
        parallel=spec.parallel,
        threads=spec.threads if spec.threads is not None else threads,
        threads_batch=spec.threads_batch if spec.threads_batch is not None else threads_batch,
        api_key=spec.api_key,
        drain_s=record.drain_s,
    )


def _cores() -> int:
    """Count the cores that this process may use, which in a container may be fewer than all."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
