"""The files of a data set beside volumes and masks: colour maps, mappings, and what nobody uses, with the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from .cases import Case, Remark
from .names import FileName, ancestors, natural_key

#: a file called like this is sooner a colour map than a README
_MAP_WORDS = ("color", "colour", "map", "cls")
_REFUSED_ARCHIVES = (".7z", ".rar")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz", ".zst", *_REFUSED_ARCHIVES)
_IMAGES = (".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".img", ".hdr", ".mgz", ".mgh", ".raw", ".gipl", ".nia")


class ColorMapFiles:
    """Every TXT file of a data set, to be asked which could be the colour map of a folder."""

    def __init__(self, files: Iterable[FileName]) -> None:
        self._own: dict[str, tuple[str, ...]] = {}
        self._known: dict[str, tuple[str, ...]] = {}
        by_folder = defaultdict(list)
        for file in files:
            by_folder[file.folder].append(file)
        for folder, found in by_folder.items():
            self._own[folder] = tuple(file.path for file in sorted(found, key=_likely_maps_first))

    def candidates(self, folder: str) -> tuple[str, ...]:
        """The TXT files of the folder and of all above it, the nearest first."""
        passed: list[str] = []
        found: tuple[str, ...] = ()
        for above in ancestors(folder):
            if above in self._known:
                found = self._known[above]
                break
            passed.append(above)
        for above in reversed(passed):
            if above in self._own:
                found = self._own[above] + found
            self._known[above] = found
        return found


def _likely_maps_first(file: FileName) -> tuple[bool, tuple[object, ...], str]:
    name = file.name.lower()
    return (not any(word in name for word in _MAP_WORDS), natural_key(name), file.path)


def mapping_files(files: Iterable[FileName], folders: Iterable[str]) -> tuple[str, ...]:
    """The JSON files in these folders or above them, in natural order: one of them may map annotations to volumes."""
    reached = {above for folder in set(folders) for above in ancestors(folder)}
    found = [file for file in files if file.folder in reached]
    return tuple(file.path for file in sorted(found, key=lambda file: file.sort_key))


def unused_color_maps(cases: Iterable[Case], used: Collection[str]) -> tuple[Remark, ...]:
    """The candidates for colour maps that in the end no case has read a class from; ``used`` are those that gave one.

    A TXT file that is a candidate of any case is not in ``left_out``: only its lines tell whether it is a colour map.
    """
    candidates = dict.fromkeys(path for case in cases for path in case.color_maps)
    reason = "is no colour map that a volume needed: a line of one is a number, a class name and three numbers 0..255"
    return tuple(Remark(path, reason) for path in candidates if path not in used)


def why_unused(file: FileName, layout: str, names_with_plane: Mapping[str, str]) -> str:
    """The reason why a file that is no NIfTI file belongs to no case.

    ``names_with_plane`` is not empty when the data set has volumes grouped by plane.
    """
    if file.content == "csv":
        return _why_csv(file, layout)
    if file.content == "txt":
        if layout == "by-name" or not names_with_plane:
            return "is not read: only volumes grouped by plane take their classes from a colour map"
        return "is not read: a colour map lies in the folder of a volume grouped by plane, or in one above it"
    if file.content == "json":
        return "is not read: a mapping JSON is for annotations whose volumes exist already"
    return _why_other(file.name.lower())


def _why_csv(file: FileName, layout: str) -> str:
    if layout == "by-name":
        return "is not read: only volumes grouped by plane have scores"
    if not file.role:
        return 'is not read: a table of scores has "score" and a plane in its name, such as axl_score.csv'
    return "is a table of scores without a plane in its name: call it axl_..., cor_... or sag_..."


def _why_other(name: str) -> str:
    if name.endswith(_REFUSED_ARCHIVES):
        return "7z and rar archives are not read: unpack it and pack its files as zip"
    if name.endswith(_ARCHIVES):
        return "is an archive that was not unpacked: unpack it and import again"
    if name.endswith(_IMAGES):
        return "is no NIfTI file: convert it to .nii.gz first"
    return "is no file of a NIfTI data set (.nii, .nii.gz, .csv, .txt, .json)"
