"""Which files the architecture tests look at."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "llamactl_catalog": ROOT / "catalog" / "llamactl_catalog",
    "llamactl_containers": ROOT / "containers" / "llamactl_containers",
    "llamactl_infra": ROOT / "infra" / "llamactl_infra",
    "llamactl_gateway": ROOT / "gateway" / "llamactl_gateway",
    "llamactl": ROOT / "cli" / "llamactl",
}


def package_files() -> list[Path]:
    """Every module of the five packages."""
    return sorted(path for folder in PACKAGES.values() for path in folder.rglob("*.py"))


def own_files() -> list[Path]:
    """Every Python file of the repository: packages, tests, scripts and benchmarks."""
    others = [ROOT / name for name in ("tests", "scripts", "bench")]
    found = [path for folder in others for path in folder.rglob("*.py")]
    return sorted([*package_files(), ROOT / "infra" / "__main__.py", *found])


def relative(path: Path) -> str:
    """The path as it is written in this repository, on every platform."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """The name to import a package's file by."""
    package = next(folder for folder in PACKAGES.values() if path.is_relative_to(folder))
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
