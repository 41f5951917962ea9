"""Which files of a NIfTI data set belong together, found from their names alone; nothing is opened.

The layout is decided folder by folder: a NIfTI file called like a folder is a volume with the masks in that folder;
of the others those with a plane and a type word are grouped by plane, and what is left are volumes without masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from ....errors import OptionError
from ..archives.guard import is_junk
from .by_name import NamedMatch, match_by_name
from .by_plane import ModeChoice, PlaneMatch, match_by_plane
from .cases import Case, Cases, ExistingVolume, MaskFile, Remark
from .exported import MAP_NAME
from .listing import list_files
from .names import FileName, parse_name
from .side_files import ColorMapFiles, mapping_files, why_unused

LayoutChoice = Literal["auto", "by-name", "by-plane", "annotations"]


@dataclass(frozen=True)
class Discovery:
    """What the names of a data set say.

    ``unmatched`` are annotations and score tables whose volume is not in the data set, each with what is missing;
    ``annotation_maps`` are the TXT files that could be their colour map, ``mappings`` the JSON files that could map
    them to volumes that exist elsewhere. Every name is in exactly one place: used by a case, in ``left_out``, in
    ``unmatched``, in ``mappings``, or a candidate for a colour map (``Case.color_maps``, ``annotation_maps``; a TXT
    file may be in several of these). ``side_files.unused_color_maps`` tells which candidates were none in the end.
    """

    cases: Cases = field(default_factory=Cases)
    unmatched: tuple[Remark, ...] = ()
    annotation_maps: tuple[str, ...] = ()
    mappings: tuple[str, ...] = ()
    #: what ``match_annotations`` is to be given: the unmatched files and ``annotation_maps``; with the layout
    #: ``annotations`` every file but the JSON files, as a mapping may name any of them
    annotation_names: tuple[str, ...] = ()

    def without_existing(self) -> Cases:
        """The cases when there are no existing volumes: what only they could use is left out, with what is missing."""
        candidates = {path for case in self.cases.cases for path in case.color_maps}
        reason = "is for annotations whose volumes exist already: give these with --existing"
        unused = [path for path in self.annotation_maps if path not in candidates] + list(self.mappings)
        left_out = (*self.cases.left_out, *self.unmatched, *(Remark(path, reason) for path in unused))
        return replace(self.cases, left_out=left_out)

    def with_matched(self, matched: Cases) -> Cases:
        """The cases together with those that ``match_annotations`` found for the unmatched files.

        A TXT file that any case may take its classes from is not left out. Mappings are for the caller to report.
        """
        cases = (*self.cases.cases, *matched.cases)
        candidates = {path for case in cases for path in case.color_maps}
        placed = {mask.path for case in matched.cases for mask in case.masks} | candidates
        placed.update(path for case in matched.cases for path in case.scores)
        extra = [remark for remark in matched.left_out if remark.path not in placed]
        placed.update(remark.path for remark in extra)
        reason = "is not read: no volume beside or below it takes its classes from a colour map"
        maps = [Remark(path, reason) for path in self.annotation_maps]
        rest = [remark for remark in (*self.cases.left_out, *self.unmatched, *maps) if remark.path not in placed]
        return Cases(cases, (*rest, *extra), (*self.cases.notes, *matched.notes))


def discover(root: str | Path, layout: LayoutChoice = "auto", mask_mode: ModeChoice = "auto") -> Cases:
    """The cases of a folder. Only names are read; links out of the folder are not followed.

    Raises DatasetError when the root is no readable folder, OptionError for an unknown layout or mask mode.
    """
    return survey(root, layout, mask_mode).without_existing()


def survey(root: str | Path, layout: LayoutChoice = "auto", mask_mode: ModeChoice = "auto") -> Discovery:
    """As ``discover``, with the annotations kept apart whose volumes must exist elsewhere."""
    listing = list_files(Path(root))
    found = survey_names(listing.names, layout, mask_mode)
    cases = replace(found.cases, left_out=(*found.cases.left_out, *listing.left_out))
    return replace(found, cases=cases)


def discover_names(
    names: Iterable[str],
    *,
    layout: LayoutChoice = "auto",
    mask_mode: ModeChoice = "auto",
    existing: Sequence[ExistingVolume] = (),
    mapping: Mapping[str, int] | None = None,
    dataset_id: int | None = None,
) -> Cases:
    """The cases among paths relative to a data set's root, written with ``/``; no file needs to exist.

    ``existing`` are volumes that annotations without one are matched to, by ``mapping`` (file -> volume id) or by name,
    those of the data set ``dataset_id`` or all. Raises OptionError for an unknown layout or mask mode.
    """
    found = survey_names(names, layout, mask_mode)
    if not existing or not (found.unmatched or layout == "annotations"):
        return found.without_existing()
    from ..importing.annotations import match_annotations

    return found.with_matched(match_annotations(found.annotation_names, existing, mapping, dataset_id, mask_mode))


def survey_names(names: Iterable[str], layout: LayoutChoice = "auto", mask_mode: ModeChoice = "auto") -> Discovery:
    """As ``discover_names``, with the annotations kept apart whose volumes must exist elsewhere."""
    for option, value, allowed in (("layout", layout, LayoutChoice), ("mask_mode", mask_mode, ModeChoice)):
        if value not in get_args(allowed):
            raise OptionError(option, value, get_args(allowed))
    files = [parse_name(name) for name in dict.fromkeys(names) if not name.endswith("/") and name and not is_junk(name)]
    left_out: list[Remark] = []
    images = [file for file in files if file.content == "nifti" and _has_name(file, left_out)]
    named = match_by_name(images) if layout in ("auto", "by-name") else NamedMatch()
    settled = {mask.path for masks in named.masks.values() for mask in masks}
    settled.update(remark.path for remark in named.left_out)
    free = [file for file in images if file.path not in settled]
    planes = PlaneMatch()
    if layout in ("auto", "by-plane"):
        tables = [file for file in files if file.content == "csv"]
        maps = {file.folder for file in files if file.content == "txt" and file.name.lower() == MAP_NAME}
        planes = match_by_plane(free, tables, maps, mask_mode, named.masks)
    elif layout == "annotations":
        planes.unmatched = _annotations_only(files)
    return _Assembly(files, free, named, planes, layout, left_out).discovery()


def _has_name(file: FileName, left_out: list[Remark]) -> bool:
    if not file.stem:
        left_out.append(
            Remark(file.path, "has no name before its suffix: volumes and classes are called like their file")
        )
    return bool(file.stem)


def _annotations_only(files: Sequence[FileName]) -> list[Remark]:
    reason = "needs an existing volume: give the volumes with --existing"
    wanted = [file for file in files if file.role in ("annotation", "score") and file.plane]
    return [Remark(file.path, reason) for file in sorted(wanted, key=lambda file: file.sort_key)]


@dataclass
class _Assembly:
    """Puts the matches together; ``free`` are the NIfTI files that the by-name layout does not hold as masks."""

    files: Sequence[FileName]
    free: Sequence[FileName]
    named: NamedMatch
    planes: PlaneMatch
    layout: LayoutChoice
    left_out: list[Remark]

    def discovery(self) -> Discovery:
        """Every file in its place."""
        by_path = {file.path: file for file in self.files}
        texts = [file for file in self.files if file.content == "txt"]
        maps = ColorMapFiles(texts)
        notes = [*self.named.notes, *self.planes.notes]
        self.left_out += [*self.named.left_out, *self.planes.left_out]
        cases = [self._case(file, maps) for file in self._volumes(notes)]
        unmatched = self.planes.unmatched
        folders = {by_path[remark.path].folder for remark in unmatched}
        annotation_maps = dict.fromkeys(path for folder in sorted(folders) for path in maps.candidates(folder))
        mappings = mapping_files((file for file in self.files if file.content == "json"), folders)
        placed = {remark.path for remark in (*self.left_out, *unmatched)} | {*annotation_maps, *mappings}
        for case in cases:
            placed.update((case.source, *case.scores, *case.color_maps), (mask.path for mask in case.masks))
        for file in self.files:
            if file.path not in placed:
                self.left_out.append(Remark(file.path, why_unused(file, self.layout, self.planes.planes)))
        order = {file.path: n for n, file in enumerate(sorted(self.files, key=lambda file: file.sort_key))}
        self.left_out.sort(key=lambda remark: order[remark.path])
        found = Cases(tuple(cases), tuple(self.left_out), tuple(notes))
        handed = [*(remark.path for remark in unmatched), *annotation_maps]
        if self.layout == "annotations":
            handed = [file.path for file in self.files if file.content != "json"]
        return Discovery(found, tuple(unmatched), tuple(annotation_maps), mappings, tuple(handed))

    def _case(self, file: FileName, maps: ColorMapFiles) -> Case:
        masks = tuple(MaskFile(mask.path, "named", mask.stem) for mask in self.named.masks.get(file.path, ()))
        plane = self.planes.planes.get(file.path)
        by_plane = plane is not None
        return Case(
            file.path,
            "by-plane" if by_plane and file.path not in self.named.masks else "by-name",
            plane or "",
            masks + self.planes.masks.get(file.path, ()),
            self.planes.scores.get(file.path, ()),
            maps.candidates(file.folder) if by_plane else (),
        )

    def _volumes(self, notes: list[Remark]) -> list[FileName]:
        """The volumes in natural order; NIfTI files that cannot be one are left out here."""
        taken = {remark.path for remark in (*self.planes.unmatched, *self.planes.left_out)}
        taken.update(mask.path for masks in self.planes.masks.values() for mask in masks)
        plane_folders = {path.rpartition("/")[0] for path in self.planes.planes}
        volumes = []
        for file in sorted(self.free, key=lambda file: file.sort_key):
            if file.path in taken:
                continue
            if file.path in self.planes.planes or file.path in self.named.masks:
                volumes.append(file)
                continue
            reason = self._why_no_volume(file, plane_folders)
            if reason:
                self.left_out.append(Remark(file.path, reason))
                continue
            volumes.append(file)
            if file.role == "annotation":
                notes.append(Remark(file.path, "is called an annotation, but taken as a volume: " + self._advice()))
        return volumes

    def _advice(self) -> str:
        folder = "put a mask into a folder called like its volume"
        return folder if self.layout == "by-name" else f"{folder}, or name its plane (axl, cor, sag)"

    def _why_no_volume(self, file: FileName, plane_folders: set[str]) -> str:
        """Why a NIfTI file that no layout has claimed is not a volume without masks either; empty when it is one."""
        if self.layout == "annotations":
            return "is no annotation with a type word and a plane in its name, and this layout imports nothing else"
        if self.layout == "by-plane":
            return "its name lacks a plane (axl, cor, sag) or a type word (anatomic, inference, mask...)"
        if self.layout == "auto" and file.role == "annotation" and file.folder in plane_folders:
            return "is called an annotation, but its name lacks the plane: call it axl_..., cor_... or sag_..."
        return ""
