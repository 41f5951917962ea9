"""Who may import whom, what `import MultiLabelSegLib` costs, and how long files and functions may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "MultiLabelSeg" / "MultiLabelSegLib"
PACKAGE = "MultiLabelSegLib"

#: importable by every layer; they import nothing of the library
BASE = {"errors", "signal", "compiled"}
DATA = BASE | {"core", "edit", "ops", "formats", "presets"}
#: layer -> the layers that it may import; itself is always allowed
MAY_IMPORT = {
    "errors": set(),
    "signal": set(),
    "compiled": set(),
    "core": BASE,
    "ops": {"errors", "compiled"},
    "edit": BASE | {"core", "ops"},
    "tools": BASE | {"core", "edit", "ops"},
    "bridges": BASE | {"core"},
    "formats": BASE | {"core", "bridges", "ops"},
    "presets": BASE | {"core", "edit", "formats"},
    "datasets": DATA | {"bridges"},
    "external": BASE | {"core", "edit", "ops", "bridges", "formats", "tools"},
    "host": BASE | {"core", "edit", "bridges"},
    "reports": BASE | {"core"},
    "batch": DATA | {"tools", "datasets", "external", "host"},
    "ui": DATA | {"tools", "datasets", "external", "batch", "host"},
    "workbench": BASE | {"core", "bridges", "formats", "presets", "host", "ui", "datasets"},
    "api": BASE | {"core", "edit", "bridges", "formats", "batch"},
    "cli": DATA | {"api", "bridges", "tools", "datasets", "external", "batch", "host", "reports", "workbench"},
    "__init__": {"api", "core", "edit", "errors"},
    "__main__": {"cli"},
}
#: slow to load: at the top of a module only where that module is itself loaded late
HEAVY = {"SimpleITK", "vtk", "vtkmodules", "scipy", "numba", "isal", "rich", "PIL", "nibabel", "nrrd", "slicerio"}
QT = {"qt", "qtpy", "ctk", "PySide6", "PySide2", "PyQt5", "PyQt6", "PythonQt"}


@dataclass(frozen=True)
class Imported:
    """One module that an import statement names."""

    module: str
    line: int
    at_top: bool


def modules() -> list[Path]:
    return sorted(LIBRARY.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def run_at_import(body: list[ast.stmt]) -> set[ast.AST]:
    """The statements that run when the module is imported: none in functions, none under ``if TYPE_CHECKING``."""
    found: set[ast.AST] = set()
    for statement in body:
        is_function = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
        is_typing = isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test)
        if not is_function and not is_typing:
            found.add(statement)
            children = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)]
            handlers = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.ExceptHandler)]
            found |= run_at_import([*children, *(inner for handler in handlers for inner in handler.body)])
    return found


def imports(source: str, package: str) -> Iterator[Imported]:
    """Every module that the source imports, absolute; ``package`` is the dotted name of the folder that it is in."""
    tree = ast.parse(source)
    at_top = run_at_import(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name, node.lineno, node in at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield from (Imported(f"{stem}.{alias.name}", node.lineno, node in at_top) for alias in node.names)


def forbidden_imports(source: str, relative: str) -> list[str]:
    """What the file at ``relative`` (inside the library) imports against the rules, one line each."""
    folder, _, name = f"/{relative}".rpartition("/")
    layer = relative.split("/")[0].removesuffix(".py")
    found = []
    for imported in imports(source, ".".join([PACKAGE, *folder.strip("/").split("/")]).rstrip(".")):
        top, _, rest = imported.module.partition(".")
        where = f"{relative}:{imported.line}"
        if top == PACKAGE:
            target = rest.split(".")[0]
            if target not in {layer, "__version__"} | MAY_IMPORT[layer]:
                found.append(f"{where} layer {layer} imports {target or 'the whole package'}")
        if top in QT and not relative.startswith(("ui/qt/", "workbench/")):
            found.append(f"{where} imports Qt ({top})")
        if top == "slicer" and layer not in ("host", "workbench"):
            found.append(f"{where} imports slicer")
        late = name.endswith("_kernels.py") and top == "numba"
        if top in HEAVY and imported.at_top and layer != "bridges" and not late:
            found.append(f"{where} imports {top} at its top")
    return found


def test_every_part_of_the_library_has_a_place_in_the_table() -> None:
    assert {layer_of(path) for path in modules()} <= set(MAY_IMPORT)


def test_the_table_has_no_circle() -> None:
    done: set[str] = set()
    while len(done) < len(MAY_IMPORT):
        ready = {layer for layer, others in MAY_IMPORT.items() if layer not in done and others <= done}
        assert ready, f"these import each other: {sorted(set(MAY_IMPORT) - done)}"
        done |= ready


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_nothing_is_imported_against_the_direction(path: Path) -> None:
    assert forbidden_imports(path.read_text(encoding="utf-8"), path.relative_to(LIBRARY).as_posix()) == []


@pytest.mark.parametrize(
    ("relative", "source", "complaint"),
    [
        ("core/group.py", "from ..formats import base", "layer core imports formats"),
        ("core/group.py", "from .. import formats", "layer core imports formats"),
        ("core/group.py", "import MultiLabelSegLib.edit.patch", "layer core imports edit"),
        ("formats/codec/nrrd.py", "def f():\n    from ...cli.main import run", "layer formats imports cli"),
        ("formats/nifti.py", "from MultiLabelSegLib import cli", "layer formats imports cli"),
        ("formats/nifti.py", "import SimpleITK as sitk", "imports SimpleITK at its top"),
        ("core/runs.py", "class A:\n    import numba", "imports numba at its top"),
        ("core/runs.py", "try:\n    pass\nexcept OSError:\n    import numba", "imports numba at its top"),
        ("edit/history.py", "def f():\n    import qt", "imports Qt"),
        ("cli/main.py", "import slicer", "imports slicer"),
        ("external/nnunet/tool.py", "from ...presets.preferences import load", "layer external imports presets"),
    ],
)
def test_the_check_notices(relative: str, source: str, complaint: str) -> None:
    (found,) = forbidden_imports(source, relative)
    assert complaint in found


@pytest.mark.parametrize(
    ("relative", "source"),
    [
        ("formats/codec/nrrd.py", "from ..base import Format\nfrom ...core import Group\nfrom .gzip import read"),
        ("formats/nifti.py", "def f():\n    import SimpleITK"),
        ("formats/nifti.py", "class A:\n    def f(self):\n        import SimpleITK"),
        ("formats/nifti.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import SimpleITK"),
        ("core/runs_kernels.py", "import numba"),
        ("cli/main.py", "from .. import __version__"),
    ],
)
def test_the_check_allows(relative: str, source: str) -> None:
    assert forbidden_imports(source, relative) == []


def test_importing_the_library_loads_numpy_and_nothing_else_from_outside() -> None:
    code = f"""
import sys
import numpy
with_numpy = set(sys.modules)
import {PACKAGE}
new = {{name.split(".")[0] for name in set(sys.modules) - with_numpy}}
print(*sorted(new - sys.stdlib_module_names - {{"{PACKAGE}", "numpy"}}))
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=LIBRARY.parent)
    assert child.stdout.split() == []


def test_no_file_of_the_library_is_longer_than_400_lines() -> None:
    lengths = {path.relative_to(LIBRARY).as_posix(): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_function_of_the_library_is_longer_than_60_lines() -> None:
    functions = [
        (f"{path.relative_to(LIBRARY)}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert functions
    assert [(name, length) for name, length in functions if length > 60] == []


def project_texts() -> list[Path]:
    """The project's own text files."""
    suffixes = {".py", ".md", ".toml", ".txt", ".json", ".yaml", ".cmd", ".cmake", ""}
    found = []
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in parts[:-1]) or "__pycache__" in parts
        if not hidden and path.suffix in suffixes and path.is_file() and path.stat().st_size < 400_000:
            found.append(path)
    return found


def test_no_file_names_a_path_of_one_machine() -> None:
    machine_path = re.compile(r"(?<![\w.])/(work|root|tmp|home|Users)/[\w.-]")
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8", "replace") for path in project_texts()}
    assert "README.md" in texts
    assert [name for name, text in texts.items() if machine_path.search(text)] == []
