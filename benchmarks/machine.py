"""What a result was measured on: processor, memory, versions. Never names of hosts, users or folders."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

FEATURES = ("avx2", "fma", "avx512f", "neon", "sve")
LIBRARIES = ("numpy", "numba", "llvmlite")


def describe() -> dict[str, Any]:
    """The machine and this process' libraries, as JSON can hold them."""
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
    """The installed versions of the given distributions; those that are missing are left out."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def available_cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_model() -> str:
    """The processor's name for itself, with family and model where it is as vague as "AMD EPYC"."""
    info = _cpuinfo()
    name = info.get("model name") or platform.processor() or platform.machine()
    numbers = [f"{key} {info[field]}" for key, field in (("family", "cpu family"), ("model", "model")) if info.get(field)]
    return f"{name} ({', '.join(numbers)})" if numbers else name


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
