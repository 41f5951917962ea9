"""Cases from folders: images and segmentations that are called alike belong together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...errors import DatasetError
from ...formats.image_suffixes import image_suffix
from ...formats.registry import formats
from ...formats.report import Note
from ...formats.staging import absolute
from ..case_files import stack_parts
from .case import ONE_CHANNEL, Case, CaseSet, Split, distinct_cases


def pair_folders(
    images: Path | None,
    segmentations: Path | None,
    *,
    channels: Mapping[str, str] | None = None,
    segmentation_suffix: str = "",
    split: Split = "train",
) -> CaseSet:
    """The cases of a folder of images and one of segmentations, which may be the same folder.

    A file's name without the ending of its format is the case's name and a suffix: for images that of their channel
    (``channels``: name -> suffix such as ``_t1``; one channel without a suffix unless given), for segmentations
    ``segmentation_suffix``. With images every case needs them all. What has no mate, and names that several files
    share, are left out and named. Raises DatasetError for folders that are not there.
    """
    wanted = dict(channels or {ONE_CHANNEL: ""})
    left_out: list[Note] = []
    masks = {} if segmentations is None else _by_stem(segmentations, False, segmentation_suffix, left_out)
    found: dict[str, dict[str, Path]] = {}
    if images is not None:
        mine = set(masks.values()) if images == segmentations else set()
        for name, suffix in wanted.items():
            others = [each for each in wanted.values() if len(each) > len(suffix) and each.endswith(suffix)]
            others += [segmentation_suffix] if images == segmentations and segmentation_suffix else []
            for stem, path in _by_stem(images, True, suffix, left_out, tuple(others)).items():
                if path not in mine:
                    found.setdefault(stem, {})[name] = path
    cases = []
    for stem in sorted({*found, *masks}):
        case = Case(stem, found.get(stem, {}), masks.get(stem), split)
        problem = _unpaired(case, images, segmentations, tuple(wanted))
        if problem is None:
            cases.append(case)
        else:
            left_out.append(Note(f"case {stem!r}: {problem}", case.files[0]))
    distinct = distinct_cases(cases)
    return CaseSet(distinct.cases, (*left_out, *distinct.left_out))


def _unpaired(case: Case, images: Path | None, segmentations: Path | None, wanted: tuple[str, ...]) -> str | None:
    missing = [name for name in wanted if name not in case.images]
    if images is not None and missing:
        which = "image" if wanted == (ONE_CHANNEL,) else f"image of the channel {', '.join(missing)}"
        return f"it has no {which} in {images}"
    if segmentations is not None and case.segmentation is None:
        return f"it has no segmentation in {segmentations}"
    return None


def _by_stem(
    folder: Path, only_images: bool, suffix: str, left_out: list[Note], others: tuple[str, ...] = ()
) -> dict[str, Path]:
    """Case -> file of those in a folder whose stems end in a suffix and not in one of ``others``."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: there is no such folder")
    found: dict[str, list[Path]] = {}
    files = sorted(folder.iterdir())
    parts = stack_parts(files)
    for path in files:
        stem = None if absolute(path) in parts else _stem(path, only_images)
        if stem is None or not stem.endswith(suffix) or any(stem.endswith(other) for other in others):
            continue
        found.setdefault(stem[: len(stem) - len(suffix)], []).append(path)
    for stem, paths in found.items():
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            left_out.append(Note(f"case {stem!r}: {len(paths)} files have its name: {names}; expected one", folder))
    return {stem: paths[0] for stem, paths in found.items() if len(paths) == 1}


def _stem(path: Path, only_images: bool) -> str | None:
    """A file's name without the ending of its format; None for what is no image (or segmentation)."""
    if path.name.startswith("."):
        return None
    if path.is_dir():
        # a folder of masks, or of a DICOM series
        return path.name
    if only_images:
        ending = image_suffix(path)
        return None if ending is None else path.name[: -len(ending)]
    endings = sorted({ending for known in formats() for ending in known.suffixes}, key=len, reverse=True)
    ending = next((ending for ending in endings if path.name.lower().endswith(ending)), None)
    return None if ending is None else path.name[: -len(ending)]
