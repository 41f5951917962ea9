"""The cases of a folder of segmentations, and the images that belong to them; by file names alone."""

from __future__ import annotations

import glob
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DatasetError
from ..formats.folder_read import DESCRIPTION, is_described, mask_files
from ..formats.image_suffixes import READ_SUFFIXES, image_suffix, is_file_or_broken_link
from ..formats.staging import absolute

_STACK = ".mitklabel.json"
_OTHERS = (".dcm", _STACK)
#: folders in which other programs keep a case's masks, or a data set's label maps
_MASKS, _LABELS = "segmentations", "labelsTr"
_CHANNEL, _DIGITS = re.compile(r"_\d{4}$"), 5
_CASE = "{case}"


@dataclass(frozen=True)
class Case:
    """A case of a data set: its name, and the file or folder that holds its segmentation."""

    name: str
    path: Path

    @property
    def is_mask_folder(self) -> bool:
        """Whether it is a folder with a mask for each label that nothing but file names describes."""
        return self.path.is_dir() and not is_described(self.path)


def find_case_files(source: str | Path, skipped: Iterable[Path] = ()) -> list[Case]:
    """The cases of a folder or pattern, by name; ``skipped`` files (images) are none.

    Every segmentation file directly in the folder is a case. A folder within is one too when it holds several masks, a
    ``labels.json`` of ours, or a folder ``segmentations``; with one file alone it names that file's case; otherwise its
    own files and folders are looked at. Of the files of BIDS (``sub-*_dseg``) each is a case. A folder ``labelsTr``
    holds the cases of an nnU-Net data set. In a pattern ``{case}`` is the name, and ``*`` stands for anything.

    Raises DatasetError when there is none, and when two cases have one name.
    """
    text, left_out = str(source), {absolute(path) for path in skipped}
    if _CASE in text or (glob.has_magic(text) and not Path(text).exists()):
        found = _by_pattern(text)
    else:
        folder = Path(text)
        if not folder.is_dir():
            raise DatasetError(f"{folder}: a folder of cases, or a pattern with {{case}}, is expected")
        found = _in_folder(folder / _LABELS if (folder / _LABELS).is_dir() else folder)
    found = [case for case in found if absolute(case.path) not in left_out]
    parts = stack_parts(case.path for case in found)
    found = [case for case in found if absolute(case.path) not in parts]
    if not found:
        raise DatasetError(f"{text}: no segmentation file or folder of masks was found")
    names: dict[str, Path] = {}
    for case in _apart(found):
        if case.name in names:
            raise DatasetError(f"two cases are named {case.name!r}: {names[case.name]} and {case.path}")
        names[case.name] = case.path
    return sorted((Case(name, path) for name, path in names.items()), key=lambda case: case.name)


def _apart(cases: Sequence[Case]) -> list[Case]:
    """The cases; those of files whose folders are all called alike (``anat``) by the names of the files."""
    count = Counter(case.name for case in cases)
    return [
        case if count[case.name] == 1 or case.path.is_dir() else Case(stem_of(case.path), case.path) for case in cases
    ]


def stem_of(path: Path) -> str:
    """The name without the ending of its format: ``a`` of ``a.seg.nrrd``, ``a.nii.gz`` and ``a.mitklabel.json``."""
    name = path.name
    for suffix in (".seg.nrrd", *_OTHERS, *sorted(READ_SUFFIXES, key=len, reverse=True)):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def _by_pattern(text: str) -> list[Case]:
    whole = str(absolute(Path(text).expanduser()))
    matches = sorted(glob.glob(whole.replace(_CASE, "*"), recursive=True))  # noqa: PTH207 - absolute patterns
    if _CASE not in whole:
        return [Case(stem_of(Path(match)), Path(match)) for match in matches]
    parts = re.split(r"(\{case\}|\*\*/|\*|\?)", Path(whole).as_posix())
    named, expression = False, ""
    for part in parts:
        if part == _CASE:
            expression += "(?P=case)" if named else "(?P<case>[^/]+)"
            named = True
        else:
            expression += {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    found = []
    for match in matches:
        fits = re.fullmatch(expression, Path(match).as_posix())
        if fits is not None:
            found.append(Case(fits["case"], Path(match)))
    return found


def _in_folder(folder: Path) -> list[Case]:
    files = _segmentation_files(folder)
    found = [Case(stem_of(path), path) for path in files]
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        found += _of_inner(inner, stack_parts(files))
    return found


def _of_inner(folder: Path, parts: set[Path]) -> list[Case]:
    """The cases in a folder within the data set's; ``parts`` are images of stacks in that."""
    if (folder / _MASKS).is_dir():
        return [Case(folder.name, folder / _MASKS)]
    if is_described(folder):
        return [Case(folder.name, folder)]
    files = _segmentation_files(folder)
    if files and all(absolute(path) in parts for path in files):
        return []
    if any(map(_is_bids, files)):
        return [Case(stem_of(path), path) for path in files if _is_bids(path)]
    if len(files) == 1:
        return [Case(folder.name, files[0])]
    if files and all(image_suffix(path) is not None for path in files) and len(files) == len(mask_files(folder)):
        return [Case(folder.name, folder)]
    return _in_folder(folder)


def _is_bids(path: Path) -> bool:
    """Whether BIDS calls a file a segmentation; others beside it are images, or masks of something else."""
    return path.name.startswith("sub-") and stem_of(path).endswith("_dseg")


def _segmentation_files(folder: Path) -> list[Path]:
    """Files that may hold segmentations, without the images of stacks."""
    found = (path for path in folder.iterdir() if not path.name.startswith("."))
    files = sorted(path for path in found if is_file_or_broken_link(path))
    parts = stack_parts(files)
    known = (path for path in files if image_suffix(path) is not None or path.name.lower().endswith(_OTHERS))
    return [path for path in known if absolute(path) not in parts and path.name != DESCRIPTION]


def stack_parts(files: Iterable[Path]) -> set[Path]:
    """The images, as absolute paths, that the MITK stacks among the files name as theirs; these are no cases.

    A stack that cannot be read names none, which its reader will tell.
    """
    found: set[Path] = set()
    for stack in files:
        if not stack.name.lower().endswith(_STACK) or not stack.is_file():
            continue
        waiting = [_data_of(stack)]
        while waiting:
            each = waiting.pop()
            if isinstance(each, dict):
                if isinstance(each.get("_file"), str):
                    found.add(absolute(stack.parent / each["_file"]))
                waiting += each.values()
            elif isinstance(each, list):
                waiting += each
    return found


def _data_of(stack: Path) -> Any:
    try:
        return json.loads(stack.read_bytes())
    except (ValueError, OSError, RecursionError):
        return None


def find_images(source: str | Path) -> dict[str, list[Path]]:
    """The images of a folder or pattern by their names, or by the case that a pattern says.

    Raises DatasetError when there are none.
    """
    text = str(source)
    if _CASE in text or glob.has_magic(text):
        cases = _by_pattern(text)
    else:
        folder = Path(text)
        if not folder.is_dir():
            raise DatasetError(f"{folder}: a folder of images, or a pattern with {{case}}, is expected")
        named = (path for path in folder.rglob("*") if image_suffix(path) is not None)
        paths = sorted(path for path in named if is_file_or_broken_link(path))
        cases = [Case(stem_of(path), path) for path in paths]
    if not cases:
        raise DatasetError(f"{text}: no image was found")
    found: dict[str, list[Path]] = {}
    for case in cases:
        found.setdefault(case.name, []).append(case.path)
    return found


def images_of(case: Case, images: dict[str, list[Path]]) -> Sequence[Path]:
    """The images of a case: those of its name, else its channels (``_0000``), else those of the longest name that one
    of both names begins with."""
    if case.name in images:
        return images[case.name]
    channels = _channels(case.name, images)
    if channels:
        return channels
    near = [name for name in images if _begins(name, case.name) or _begins(case.name, name)]
    if near:
        longest = max(near, key=lambda name: (_begins(case.name, name), len(name)))
        whole = _CHANNEL.sub("", longest)
        # of images that the case's name is the beginning of, all channels count
        return images[longest] if _begins(case.name, longest) else _channels(whole, images) or images[longest]
    stems = {_CHANNEL.sub("", name) for name in images if _CHANNEL.search(name)}
    begun = [stem for stem in stems if _begins(case.name, stem) and f"{stem}_0000" in images]
    return _channels(max(begun, key=len), images) if begun else ()


def _channels(stem: str, images: dict[str, list[Path]]) -> list[Path]:
    """The images that are called so but for the number of a channel."""
    return [
        path
        for name, paths in sorted(images.items())
        if name[:-_DIGITS] == stem and _CHANNEL.search(name)
        for path in paths
    ]


def _begins(name: str, with_: str) -> bool:
    """Whether a name is another with something added after a separator."""
    return name.startswith(with_) and name[len(with_) : len(with_) + 1] in ("_", "-", ".", " ")
