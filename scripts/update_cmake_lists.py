"""Writes the lists of files in MultiLabelSeg/CMakeLists.txt anew from what is in the folders.

python3 scripts/update_cmake_lists.py           writes them and prints what was added (+) and dropped (-)
python3 scripts/update_cmake_lists.py --check   changes nothing; ends with 1 when they differ
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

MODULE = Path(__file__).resolve().parents[1] / "MultiLabelSeg"
SCRIPTS, RESOURCES = "MODULE_PYTHON_SCRIPTS", "MODULE_PYTHON_RESOURCES"
#: what tools and systems leave behind in folders
_NOT_OURS = re.compile(r"(^|/)(__pycache__|\.[^/]*)(/|$)")


def files_on_disk(module: Path) -> dict[str, list[str]]:
    """The files that each list must name, relative to the module's folder, sorted."""
    library = [path for path in (module / "MultiLabelSegLib").rglob("*") if path.is_file()]
    resources = [path for path in (module / "Resources").rglob("*") if path.is_file()]
    scripts = [module / "MultiLabelSeg.py", *(path for path in library if path.suffix == ".py")]
    resources += [path for path in library if path.suffix != ".py"]
    return {SCRIPTS: _names(scripts, module), RESOURCES: _names(resources, module)}


def _names(paths: list[Path], module: Path) -> list[str]:
    names = (path.relative_to(module).as_posix() for path in paths)
    return sorted(name for name in names if not _NOT_OURS.search(name))


def files_in_lists(cmake: str) -> dict[str, list[str]]:
    """The files that the lists in the text of a CMakeLists.txt name, in their order."""
    return {name: re.findall(r"[^\s\"]+", _list(name).search(cmake)["files"]) for name in (SCRIPTS, RESOURCES)}


def _list(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<start>set\({name}\n)(?P<files>[^)]*)(?P<end>  \))")


def with_lists(cmake: str, files: dict[str, list[str]]) -> str:
    """The text of a CMakeLists.txt with the lists replaced."""
    for name, names in files.items():
        lines = "".join(f'  "{each}"\n' if " " in each else f"  {each}\n" for each in names)
        cmake = _list(name).sub(lambda found, lines=lines: found["start"] + lines + found["end"], cmake)
    return cmake


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 when ``--check`` finds a difference."""
    path = MODULE / "CMakeLists.txt"
    before = path.read_text(encoding="utf-8")
    on_disk, listed = files_on_disk(MODULE), files_in_lists(before)
    for name, files in on_disk.items():
        for file in sorted(set(files) ^ set(listed[name])):
            print(f"{name}: {'+' if file in files else '-'} {file}")
    after = with_lists(before, on_disk)
    if "--check" in arguments:
        return int(after != before)
    path.write_text(after, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
