"""When the compiled kernels are used, and that caches of other versions are cleared away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from MultiLabelSegLib import compiled


@pytest.fixture
def a_cold_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No stamp, and a cache folder of its own."""
    monkeypatch.setattr(compiled, "_stamp", lambda: tmp_path / "kernels-key.warm")
    for cached in (compiled.kernels_ready, compiled._forced):
        cached.cache_clear()
    yield tmp_path
    for cached in (compiled.kernels_ready, compiled._forced):
        cached.cache_clear()


def test_every_module_with_kernels_that_are_kept_can_be_warmed_up() -> None:
    names = compiled.kernel_modules()
    assert "MultiLabelSegLib.core.runs_kernels" in names
    root = Path(compiled.__file__).parent
    kept = []
    for name in names:
        source = root.joinpath(*name.split(".")[1:]).with_suffix(".py").read_text(encoding="utf-8")
        kept.append("cache=True" in source)
        assert "\ndef warm_up() -> None:" in source or not kept[-1], name
    assert sum(kept) > len(names) / 2


def test_warming_up_calls_every_module_that_has_something_to_compile(
    a_cold_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    parts = {"a_kernels": SimpleNamespace(warm_up=lambda: called.append("a")), "b_kernels": SimpleNamespace()}
    monkeypatch.setattr(compiled, "kernel_modules", lambda: tuple(parts))
    monkeypatch.setattr(compiled, "import_module", parts.__getitem__)
    assert compiled.warm() == ("a_kernels", "b_kernels")
    assert called == ["a"]
    assert (a_cold_machine / "kernels-key.warm").read_text() == "a_kernels\nb_kernels\n"


def test_a_cold_machine_never_waits_for_the_compiler(a_cold_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLSEG_KERNELS", raising=False)
    assert not compiled.use_kernels(10**9)


def test_small_jobs_do_without_numba(a_cold_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLSEG_KERNELS", raising=False)
    monkeypatch.setattr(compiled.sys, "modules", {})
    (a_cold_machine / "kernels-key.warm").touch()
    assert not compiled.use_kernels(compiled.WORTHWHILE - 1)


def test_the_environment_can_forbid_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLSEG_KERNELS", "never")
    assert not compiled.use_kernels(10**12)


def test_what_other_versions_compiled_is_deleted_once(
    a_cold_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "core" / "__pycache__").mkdir(parents=True)
    monkeypatch.setattr(compiled, "__file__", str(package / "compiled.py"))
    monkeypatch.setattr(compiled, "kernel_modules", lambda: ("MultiLabelSegLib.core.runs_kernels",))
    stale = package / "core" / "__pycache__" / "runs_kernels.scan-14.py312.nbi"
    stale.touch()
    compiled._clear_stale()
    assert not stale.exists()
    stale.touch()
    compiled._clear_stale()
    assert stale.exists()


def test_a_case_of_a_batch_decides_by_its_own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "kernels_ready", lambda: True)
    monkeypatch.setitem(sys.modules, "numba", SimpleNamespace())
    monkeypatch.delenv("MLSEG_KERNELS", raising=False)
    assert compiled.use_kernels(10)
    for _ in range(2):
        with compiled.for_one_case():
            assert not compiled.use_kernels(10)
            assert compiled.use_kernels(compiled.WORTHWHILE)
            assert compiled.use_kernels(10)
    assert compiled.use_kernels(10)


def test_the_command_line_loads_kernels_without_linear_algebra_and_scipy_has_it_afterwards() -> None:
    pytest.importorskip("numba")
    script = """
import sys
from MultiLabelSegLib import compiled
compiled.be_lean()
assert compiled.use_kernels(1)
from MultiLabelSegLib.core import runs
import numpy as np
volume = np.zeros((1, 2, 3, 4), np.uint8)
volume[0, 1, 1:, 2] = 5
assert runs.scan(volume).runs_of(5)[0].tolist() == [18, 22]
assert "numba" in sys.modules
assert "scipy.linalg" not in sys.modules
import scipy.linalg.cython_blas
from scipy import linalg
assert round(linalg.det(np.eye(3) * 2)) == 8
"""
    root = Path(compiled.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), "MLSEG_KERNELS": "always"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
