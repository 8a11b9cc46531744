"""The machine and the Python environment: versions, combinations known to break, programs, device."""

import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

import psutil
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from flows.doctor.findings import Finding, ok, problem, warn

GIB = 1 << 30

KNOWN_BAD: tuple[tuple[Mapping[str, str], str, str], ...] = (
    (
        {"prefect": "<3.9", "sqlalchemy": ">=2.1"},
        "every schedule is silently dead, while runs started by hand work",
        'pip install "sqlalchemy>=2.0,<2.1"',
    ),
    (
        {"prefect": "<3.9", "fastapi": ">=0.151"},
        "every flow run dies (`Body() got an unexpected keyword argument`)",
        'pip install "fastapi>=0.139,<0.151"',
    ),
    (
        {"pytorch-lightning": "==2.6.2"},
        "this release was malware: treat every password and key of this machine as known to others",
        'pip install "pytorch-lightning>=2.6.6"',
    ),
    (
        {"pytorch-lightning": "==2.6.3"},
        "this release was malware: treat every password and key of this machine as known to others",
        'pip install "pytorch-lightning>=2.6.6"',
    ),
    ({"lightning": "==2.6.2"}, "this release was malware", "pip uninstall lightning"),
    ({"lightning": "==2.6.3"}, "this release was malware", "pip uninstall lightning"),
)
"""Combinations of versions that break, each with what happens and the way out."""


def examine_machine() -> Iterator[Finding]:
    """Yield what there is to say about this machine, whatever the project."""
    yield _python()
    yield from _packages()
    yield from bad_combinations(installed)
    yield from _torchvision()
    yield _git()
    yield from _device()


def installed(package: str) -> str | None:
    """Return the installed version of a distribution, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def bad_combinations(installed: Callable[[str], str | None]) -> Iterator[Finding]:
    """Yield each combination of :data:`KNOWN_BAD` that ``installed`` meets."""
    for combination, what_happens, mend in KNOWN_BAD:
        found = {package: installed(package) for package in combination}
        if all(is_in(found[package], spec) for package, spec in combination.items()):
            names = " with ".join(f"{package} {number}" for package, number in found.items())
            yield problem(f"{names}: {what_happens}", mend)


def is_in(number: str | None, spec: str) -> bool:
    """Return whether a version is in a range; one that is not installed is in none."""
    return number is not None and SpecifierSet(spec).contains(Version(number), prereleases=True)


def _python() -> Finding:
    wanted = metadata("convoy")["Requires-Python"]
    found = platform.python_version()
    if not is_in(found, wanted):
        return problem(
            f"Python {found}, and Convoy needs {wanted}", "make a virtual environment with a newer Python"
        )
    return ok(f"Python {found} in {sys.prefix}")


def _packages() -> Iterator[Finding]:
    """Compare what is installed with the bounds that Convoy was made with."""
    count, wrong = 0, 0
    for requirement in map(Requirement, requires("convoy") or ()):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        found = installed(requirement.name)
        if not is_in(found, str(requirement.specifier)):
            wrong += 1
            what = f"{requirement.name} {found}" if found else f"{requirement.name} is not installed"
            yield problem(f"{what}, and Convoy needs {requirement}", f'pip install "{requirement}"')
    if not wrong:
        yield ok(f"{count} packages within their bounds")


def _torchvision() -> Iterator[Finding]:
    """Torchmetrics imports torchvision where it is present, and a CUDA one dies beside a CPU torch."""
    torch, vision = _cuda_of("torch"), _cuda_of("torchvision")
    if vision and not torch:
        yield problem(
            f"torchvision for CUDA {vision} beside torch for CPU: training dies with `operator torchvision::nms "
            f"does not exist`",
            "pip uninstall torchvision",
        )


def _cuda_of(package: str) -> str | None:
    """Return the CUDA version that a package was built for, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "version.py"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(r"^cuda\b[^=]*=\s*['\"]([\d.]+)['\"]", text, flags=re.MULTILINE)
    return found[1] if found else None


def _git() -> Finding:
    if shutil.which("git") is None:
        return problem("git is not installed: DVC versions params and results with it", "install git")
    return ok("git is installed")


def _device() -> Iterator[Finding]:
    cores = (
        len(psutil.Process().cpu_affinity())
        if hasattr(psutil.Process, "cpu_affinity")
        else psutil.cpu_count()
    )
    memory = psutil.virtual_memory()
    yield ok(f"{cores} CPU cores, {memory.total / GIB:.0f} GiB memory")
    if memory.available < 2 * GIB:
        yield warn(
            f"only {memory.available / GIB:.1f} GiB of memory are free",
            "end other programs, or lower training.batch_size",
        )
    try:
        import torch
    except (ImportError, OSError) as error:
        yield problem(f"torch cannot be imported: {error}", "pip install --force-reinstall torch==2.13.0")
        return
    if torch.cuda.is_available():
        yield from (
            ok(f"CUDA device {n}: {torch.cuda.get_device_name(n)}") for n in range(torch.cuda.device_count())
        )
    elif torch.backends.mps.is_available():
        yield ok("Apple GPU")
    elif shutil.which("nvidia-smi") and _cuda_of("torch") is None:
        yield warn(
            "there is an NVIDIA GPU, and torch is the CPU build", "pip install torch for your CUDA version"
        )
    else:
        yield ok("training runs on the CPU: no GPU was found")
