"""The docker program: whether it can run a GPU container here, and its containers' end."""

import json
import shutil
import subprocess
from collections.abc import Sequence

from llamactl_catalog.errors import CleanupIncomplete, NoCapacity, ProgramMissing

INSTANCE_LABEL = "llamactl.instance"
STOP_S = 10  # what `docker stop` gives a container before it is killed; docker's own default
_ANSWER_S = 60.0
_TOOLKIT = ("nvidia-container-runtime-hook", "nvidia-ctk")
_HERE_ONLY = "or serve with llama.cpp, which needs neither: --engine llama.cpp"


def require_docker(*, gpus: int) -> None:
    """Look for what a GPU container needs on this machine.

    Raises:
        ProgramMissing: docker, its daemon, the NVIDIA driver or the container toolkit is missing.
        NoCapacity: fewer GPUs than asked for.
    """
    if shutil.which("docker") is None:
        hint = f"install Docker (https://docs.docker.com/engine/install), {_HERE_ONLY}"
        raise ProgramMissing("no docker program on PATH", hint=hint)
    found = _docker("info", "--format", "{{json .Runtimes}}")
    if found.returncode != 0:
        hint = f"start Docker, or join the group that may use it; {_HERE_ONLY}"
        raise ProgramMissing(f"the docker daemon does not answer: {_last_line(found)}", hint=hint)
    here = gpu_count()
    if here == 0:
        hint = f"install the NVIDIA driver where there is a GPU, {_HERE_ONLY}"
        raise ProgramMissing("no NVIDIA GPU: nvidia-smi is missing or lists none", hint=hint)
    if "nvidia" not in _runtimes(found.stdout) and not any(map(shutil.which, _TOOLKIT)):
        hint = (
            "install the NVIDIA Container Toolkit, run nvidia-ctk runtime configure, "
            f"restart Docker; {_HERE_ONLY}"
        )
        raise ProgramMissing("docker has no access to the GPU", hint=hint)
    if here < gpus:
        message = f"{gpus} shards need {gpus} GPUs; there are {here}"
        raise NoCapacity(message, hint="fewer shards fit if the weights do")


def gpu_count() -> int:
    """Count the NVIDIA GPUs of this machine."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    listed = _run([program, "-L"])
    if listed.returncode != 0:
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


def stop_container(name: str) -> None:
    """Ask a container to leave, and wait until it has; docker kills it after STOP_S seconds."""
    _docker("stop", "--time", str(STOP_S), name)


def remove_containers(instance_id: str) -> None:
    """Remove the containers of one start, running or not; none is fine.

    Raises:
        CleanupIncomplete: docker cannot tell, or one is still there.
    """
    ids = _containers(instance_id)
    if ids:
        _docker("rm", "--force", *ids)
        ids = _containers(instance_id)
    if ids:
        hint = f"docker rm --force {' '.join(ids)}"
        raise CleanupIncomplete(f"containers are still there: {', '.join(ids)}", hint=hint)


def _containers(instance_id: str) -> list[str]:
    label = f"label={INSTANCE_LABEL}={instance_id}"
    if shutil.which("docker") is None:
        return _cannot_tell("no docker program on PATH", label)
    listed = _docker("ps", "--all", "--quiet", "--filter", label)
    if listed.returncode != 0:
        return _cannot_tell(_last_line(listed), label)
    return listed.stdout.split()


def _cannot_tell(why: str, label: str) -> list[str]:
    hint = f"docker ps --all --filter {label} lists what is left"
    raise CleanupIncomplete(f"docker cannot tell whether a container is left: {why}", hint=hint)


def _runtimes(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return []
    return list(found) if isinstance(found, dict) else []


def _last_line(done: "subprocess.CompletedProcess[str]") -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _docker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return _run(["docker", *arguments])


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603 - our own arguments, no shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
