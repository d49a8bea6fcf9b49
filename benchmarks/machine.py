"""Describes what a result was measured on: processor, memory, versions. Never a host, a user or a
folder.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

FEATURES = ("avx2", "fma", "avx512f", "neon", "sve")
LIBRARIES = ("numpy", "numba", "llvmlite")


def describe() -> dict[str, Any]:
    """The machine and the libraries of this process, as JSON types."""
    return {
        "cpu": cpu_model(),
        "llvm_cpu": os.environ.get("NUMBA_CPU_NAME") or _llvm_cpu(),
        "features": _features(),
        "cores": available_cores(),
        "memory_gib": _memory_gib(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": versions(LIBRARIES),
    }


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """The installed versions of the given distributions; missing ones are left out."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def available_cores() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_model() -> str:
    """The processor's own name, with family and model, as the name alone can be as vague as "AMD
    EPYC".
    """
    info = _cpuinfo()
    name = info.get("model name") or platform.processor() or platform.machine()
    details = [f"{key} {info[field]}" for key, field in (("family", "cpu family"), ("model", "model")) if info.get(field)]
    return f"{name} ({', '.join(details)})" if details else name


def commit() -> str:
    """The commit of the code that is measured, with "-dirty" after it if files other than results
    have changed since.

    "unknown" where there is no git.
    """
    folder = Path(__file__).parents[1]
    unchanged = ["git", "diff", "--quiet", "HEAD", "--", ".", ":(exclude)benchmarks/results"]
    try:
        name = subprocess.run(
            ["git", "rev-parse", "--short=10", "HEAD"], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()
        dirty = subprocess.run(unchanged, cwd=folder, capture_output=True, check=False).returncode != 0
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}-dirty" if dirty else name


def _cpuinfo() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _features() -> list[str]:
    flags = _cpuinfo().get("flags", "").split()
    return [feature for feature in FEATURES if feature in flags]


def _llvm_cpu() -> str:
    import llvmlite.binding

    return str(llvmlite.binding.get_host_cpu_name())


def _memory_gib() -> float | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
