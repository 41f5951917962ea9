"""The extension's CMake files and catalog entry agree with each other and with what is on disk."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "MultiLabelSeg"
CATALOG = ROOT / "Resources" / "MultiLabelSeg.json"
#: stands in for Slicer: checks that every file is there, as Slicer's macro does, and prints what it was given
FAKE_SLICER = r"""
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MODULE "WITH_GENERIC_TESTS;WITH_SUBDIR" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MODULE_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown arguments ${MODULE_UNPARSED_ARGUMENTS}")
  endif()
  foreach(file ${MODULE_SCRIPTS} ${MODULE_RESOURCES})
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      message(FATAL_ERROR "no file ${file}")
    endif()
  endforeach()
  message(STATUS "module=${MODULE_NAME}")
endmacro()
macro(slicer_add_python_unittest)
  cmake_parse_arguments(UNITTEST "" "SCRIPT" "SLICER_ARGS" ${ARGN})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${UNITTEST_SCRIPT}")
    message(FATAL_ERROR "no test ${UNITTEST_SCRIPT}")
  endif()
  message(STATUS "unittest=${UNITTEST_SCRIPT}")
endmacro()
set(BUILD_TESTING ON)
"""


@pytest.fixture
def update_cmake_lists(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("update_cmake_lists")


@pytest.fixture
def an_extension(tmp_path: Path) -> Path:
    """A small module folder with one listed script, one that is not listed, and a listed file that is gone."""
    (tmp_path / "MultiLabelSegLib" / "__pycache__").mkdir(parents=True)
    (tmp_path / "MultiLabelSegLib" / "resources").mkdir()
    (tmp_path / "Resources" / "Icons").mkdir(parents=True)
    for name in (
        "MultiLabelSeg.py",
        "MultiLabelSegLib/__init__.py",
        "MultiLabelSegLib/new.py",
        "MultiLabelSegLib/__pycache__/new.cpython-312.pyc",
        "MultiLabelSegLib/resources/a table.json",
        "Resources/Icons/MultiLabelSeg.png",
        "Resources/.DS_Store",
    ):
        (tmp_path / name).write_text("")
    (tmp_path / "CMakeLists.txt").write_text(
        "set(MODULE_PYTHON_SCRIPTS\n  MultiLabelSeg.py\n  MultiLabelSegLib/gone.py\n  )\n\n"
        "set(MODULE_PYTHON_RESOURCES\n  )\nmessage(STATUS done)\n"
    )
    return tmp_path


def test_the_lists_name_every_file_of_the_library_and_nothing_else(update_cmake_lists: ModuleType) -> None:
    on_disk = update_cmake_lists.files_on_disk(MODULE)
    listed = update_cmake_lists.files_in_lists((MODULE / "CMakeLists.txt").read_text("utf-8"))
    hint = "run scripts/update_cmake_lists.py"
    for name, files in on_disk.items():
        assert set(files) - set(listed[name]) == set(), f"not in {name}: {hint}"
        assert set(listed[name]) - set(files) == set(), f"in {name} but not on disk: {hint}"
        assert len(listed[name]) == len(set(listed[name]))
    assert "MultiLabelSegLib/core/geometry.py" in on_disk["MODULE_PYTHON_SCRIPTS"]


def test_updating_adds_what_is_new_and_drops_what_is_gone(
    an_extension: Path,
    update_cmake_lists: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(update_cmake_lists, "MODULE", an_extension)
    cmake = an_extension / "CMakeLists.txt"
    before = cmake.read_text()
    assert update_cmake_lists.main(["--check"]) == 1
    assert "- MultiLabelSegLib/gone.py" in capsys.readouterr().out
    assert cmake.read_text() == before
    assert update_cmake_lists.main([]) == 0
    assert cmake.read_text() == (
        "set(MODULE_PYTHON_SCRIPTS\n"
        "  MultiLabelSeg.py\n  MultiLabelSegLib/__init__.py\n  MultiLabelSegLib/new.py\n  )\n\n"
        "set(MODULE_PYTHON_RESOURCES\n"
        '  "MultiLabelSegLib/resources/a table.json"\n  Resources/Icons/MultiLabelSeg.png\n  )\n'
        "message(STATUS done)\n"
    )
    assert update_cmake_lists.main(["--check"]) == 0


def variable(name: str) -> str:
    """The text of a variable as the top CMakeLists.txt sets it."""
    found = re.search(rf'^set\({name} "(.*)"\)$', (ROOT / "CMakeLists.txt").read_text("utf-8"), re.MULTILINE)
    assert found, name
    return found[1]


def test_the_repository_has_one_address() -> None:
    homepage = variable("EXTENSION_HOMEPAGE")
    assert re.fullmatch(r"https://github\.com/[\w-]+/SlicerMultiLabelSeg", homepage)
    assert json.loads(CATALOG.read_text("utf-8"))["scm_url"] == homepage
    assert (ROOT / "CMakeLists.txt").read_text("utf-8").count(homepage) == 1
    assert homepage in (ROOT / "README.md").read_text("utf-8")


def test_the_catalog_entry_has_the_keys_that_the_index_allows() -> None:
    entry = json.loads(CATALOG.read_text("utf-8"))
    assert {"$schema", "category", "scm_url"} <= set(entry)
    optional = {"scm_revision", "scm_type", "build_dependencies", "build_subdirectory", "enabled", "tier"}
    assert set(entry) <= {"$schema", "category", "scm_url"} | optional
    assert entry["category"] == "Segmentation"
    assert entry["tier"] in range(1, 6)


def test_the_icon_is_a_picture_of_128_by_128() -> None:
    path = variable("EXTENSION_ICONURL").removeprefix("${raw_files}/")
    head = (ROOT / path).read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (128, 128)


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE.txt").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_cmake_configures_the_extension_against_a_stand_in_for_slicer(tmp_path: Path) -> None:
    slicer = tmp_path / "slicer"
    slicer.mkdir()
    (slicer / "SlicerConfig.cmake").write_text(
        f'set(Slicer_USE_FILE "{slicer}/UseSlicer.cmake")\n'
        f'set(Slicer_EXTENSION_GENERATE_CONFIG "{slicer}/End.cmake")\n'
        f'set(Slicer_EXTENSION_CPACK "{slicer}/End.cmake")\n'
    )
    (slicer / "UseSlicer.cmake").write_text(FAKE_SLICER)
    (slicer / "End.cmake").write_text('message(STATUS "icon=${EXTENSION_ICONURL}")\n')
    command = ["cmake", "-S", str(ROOT), "-B", str(tmp_path / "build"), f"-DSlicer_DIR={slicer}"]
    child = subprocess.run(command, capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    assert "module=MultiLabelSeg\n" in child.stdout
    assert "unittest=MultiLabelSegConvertTest.py" in child.stdout
    owner = variable("EXTENSION_HOMEPAGE").split("/")[3]
    raw = f"https://raw.githubusercontent.com/{owner}/SlicerMultiLabelSeg/main/"
    assert f"icon={raw}MultiLabelSeg/Resources/Icons/MultiLabelSeg.png" in child.stdout


def test_the_script_runs_by_itself() -> None:
    script = ROOT / "scripts" / "update_cmake_lists.py"
    child = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert (child.returncode, child.stdout) == (0, "")
