"""When the compiled kernels are used, and how they are compiled ahead of time.

Kernels live in modules named ``*_kernels`` that import numba at their top; they are imported only after
``use_kernels`` said yes. Importing numba costs more than half a second and compiling the kernels many seconds, so
small jobs and machines whose compiled cache is cold take the numpy path, which gives the same results.
``python -m MultiLabelSegLib.compiled`` (or ``mlseg warm``) compiles everything once for this machine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

#: voxels from which importing numba, which takes 0.7 s, pays for itself in one job
WORTHWHILE = 48_000_000


def kernel_modules() -> tuple[str, ...]:
    """Names of all modules of the library that hold compiled kernels, sorted."""
    root = Path(__file__).parent
    found = (path.relative_to(root).with_suffix("").parts for path in root.rglob("*_kernels.py"))
    return tuple(sorted(".".join((__package__ or "MultiLabelSegLib", *parts)) for parts in found))


@lru_cache(maxsize=1)
def _source_key() -> str:
    """Changes whenever a kernel's source, a table that is compiled into one, numba or Python changes."""
    import hashlib

    digest = hashlib.sha256(sys.version.encode())
    for pattern in ("*_kernels.py", "*_tables.py"):
        for path in sorted(Path(__file__).parent.rglob(pattern)):
            digest.update(path.read_bytes())
    for package in ("numba", "llvmlite", "numpy"):
        spec = util.find_spec(package)
        if spec is not None and spec.origin is not None:
            digest.update(f"{spec.origin}:{Path(spec.origin).stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:20]


def _stamp() -> Path:
    """The file that says that the cache is warm, beside the caches that numba keeps."""
    local = Path(__file__).parent / "__pycache__"
    if os.access(local if local.is_dir() else local.parent, os.W_OK):
        return local / f"kernels-{_source_key()}.warm"
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "multilabelseg" / f"kernels-{_source_key()}.warm"


@lru_cache(maxsize=1)
def kernels_ready() -> bool:
    """Whether numba is installed and the kernels of exactly this version are compiled already."""
    return util.find_spec("numba") is not None and _stamp().exists()


def _clear_stale() -> None:
    """Deletes what numba compiled from other versions of the kernels.

    numba looks at the module of a kernel alone: one that calls kernels of another module, which has changed since,
    would go on with the old ones.
    """
    marker = _stamp().with_suffix(".cache")
    if marker.exists():
        return
    for name in kernel_modules():
        source = Path(__file__).parent.joinpath(*name.split(".")[1:])
        for pattern in (f"{source.name}.*.nbi", f"{source.name}.*.nbc"):
            for old in (source.parent / "__pycache__").glob(pattern):
                old.unlink(missing_ok=True)
    marker.parent.mkdir(parents=True, exist_ok=True)
    for old in marker.parent.glob("kernels-*.cache"):
        old.unlink(missing_ok=True)
    marker.touch()


@lru_cache(maxsize=1)
def _forced() -> bool:
    """Whether the kernels can be used on demand, their caches being those of this version."""
    if util.find_spec("numba") is None:
        return False
    _clear_stale()
    return True


def use_kernels(work: int) -> bool:
    """Whether a job over ``work`` voxels should take the compiled path.

    The environment variable ``MLSEG_KERNELS`` forces ``always`` or ``never``.
    """
    forced = os.environ.get("MLSEG_KERNELS", "auto")
    if forced == "never":
        return False
    if forced == "always":
        return _forced() and _loaded()
    imported = "numba" in sys.modules if _CASE.taken is None else _CASE.taken
    taken = (work >= WORTHWHILE or imported) and kernels_ready()
    if taken and _CASE.taken is not None:
        _CASE.taken = True
    return taken and _loaded()


def be_lean() -> None:
    """Has this process, whose own code alone uses numba, load it without scipy's linear algebra.

    numba imports that to offer ``numpy.dot``, which no kernel here calls, and it is a third of numba's start.
    """
    _LEAN.append(True)


#: what ``be_lean`` said
_LEAN: list[bool] = []
_ARRAYS, _LINEAR = "numba.np.arraymath", "scipy.linalg.cython_blas"


def _loaded() -> bool:
    """True; with numba loaded as ``be_lean`` wants it."""
    if _LEAN and _ARRAYS not in sys.modules and _LINEAR not in sys.modules:
        modules: dict[str, Any] = sys.modules
        modules[_LINEAR] = None  # an import of it fails, which numba expects where there is no scipy
        try:
            import_module(_ARRAYS)
        finally:
            del modules[_LINEAR]
    return True


class _Case:
    """Whether the case of a batch at work has taken the kernels; None when there is none."""

    taken: bool | None = None


_CASE = _Case()


@contextmanager
def for_one_case() -> Iterator[None]:
    """While it lasts, only its own jobs decide on the kernels, not what this process imported for an earlier case.

    Both paths give the same voxels but compress them in another way: so a case gives the same bytes in any process.
    """
    _CASE.taken = False
    try:
        yield
    finally:
        _CASE.taken = None


def warm() -> tuple[str, ...]:
    """Compiles every kernel into numba's cache; returns the names of the modules."""
    names = kernel_modules()
    _clear_stale()
    for name in names:
        warm_up = getattr(import_module(name), "warm_up", None)
        if warm_up is not None:  # a module without it has parts of other modules' kernels alone
            warm_up()
    stamp = _stamp()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    for old in stamp.parent.glob("kernels-*.warm"):
        old.unlink(missing_ok=True)
    stamp.write_text("\n".join(names) + "\n", encoding="utf-8")
    kernels_ready.cache_clear()
    return names


if __name__ == "__main__":
    print(f"compiled {len(warm())} modules of kernels")
