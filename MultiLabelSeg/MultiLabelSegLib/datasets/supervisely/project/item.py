"""One volume of a project, read when asked for: where it lies, its image, its objects as labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from ....core import Geometry, Image, Segmentation
from ....core.label import PropertyValue
from ....errors import CorruptFileError, FormatError, GeometryError
from ....formats.many_files import expect_files
from ....formats.voxel_file import named_errors
from ..discovery.cases import ExistingVolume, Remark
from ..key_ids import plain_key
from ..masks.alignment import Reordering, placed_on
from ..masks.volumes import read_volume, read_volume_geometry
from .annotation import VOLUME
from .assembly import Assembly, GroupDraft
from .figures import FigureMasks, Runs
from .meta import ProjectMeta, read_json
from .names import ItemPaths
from .objects import FoundFigure, FoundObject, known_label, new_label, new_values, objects_of, tags_of
from .planes import FigureError, draw, slice_of
from .sidecar import VolumeSidecar, read_sidecar

#: what the app "Export volume project" puts beside the masks; the same voxels once more
_EXPORTED = ("human-readable-objects", "semantic_segmentation.nrrd")
_MATRIX = "IJK2WorldMatrix"


@dataclass
class ProjectItem:
    """A volume with its annotation. ``dataset`` may be nested (``a/b``), ``name`` is with its suffix.

    Properties and methods raise FormatError (CorruptFileError), GeometryError. ``left_out`` and ``notes`` say what the
    last call of ``segmentation`` could not read or found odd; their paths are relative to the project.
    """

    project: Path
    dataset: str
    paths: ItemPaths
    meta: ProjectMeta
    changed: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    video_ids: Mapping[str, Any] = field(default_factory=dict)
    left_out: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The volume's name in the project: ``scan.nrrd``."""
        return self.paths.name

    @cached_property
    def id(self) -> int | None:
        """The volume's number, where the project has one."""
        found = self.annotation.get("volumeId")
        if type(found) is not int:
            found = self.video_ids.get(str(self.annotation.get("key")))
        return found if type(found) is int else None

    @cached_property
    def geometry(self) -> Geometry:
        """The grid of the volume with the axes R, A, S; where a project has no voxels, as its annotation says."""
        if self.paths.volume.is_file():
            return read_volume_geometry(self.paths.volume)
        return _described_geometry(self.annotation.get("volumeMeta"), self._annotation_path or self.paths.annotation)

    def image(self) -> Image:
        """The voxels with the axes R, A, S. Raises FormatError where the project was downloaded without them."""
        return read_volume(self.paths.volume)

    def existing(self) -> ExistingVolume:
        """The volume as a target for annotations that come without one. Raises FormatError, also without a number."""
        if self.id is None:
            raise FormatError(self.paths.annotation, "has no volumeId, and key_id_map.json none for its key")
        path = self.paths.volume if self.paths.volume.is_file() else None
        return ExistingVolume(self.id, self.name, self.dataset, self.geometry, path=path)

    @cached_property
    def _annotation_path(self) -> Path | None:
        """The annotation: called like the volume, or like the volume without its suffix."""
        short = self.paths.annotation.with_name(Path(self.name).stem + ".json")
        return next((path for path in (self.paths.annotation, short) if path.is_file()), None)

    @cached_property
    def annotation(self) -> Mapping[str, Any]:
        """The annotation as JSON; empty where there is none."""
        path = self._annotation_path
        if path is None:
            return {}
        data = read_json(path, "an annotation")
        if not isinstance(data, dict):
            raise CorruptFileError(path, f"found {data!r:.60}, expected an object")
        return data

    # ---- the segmentation --------------------------------------------------------------------------------------
    def segmentation(self, original_grid: bool = True) -> Segmentation:
        """The objects as labels, with everything that our sidecar remembers of them.

        Without a sidecar, for objects that it does not know, and for what somebody changed in the project since, the
        project counts. ``original_grid`` gives back the order of axes that the segmentation had before the project.
        """
        path = self._annotation_path or self.paths.annotation
        try:
            with named_errors(path):
                return self._read(path, original_grid)
        except MemoryError:
            raise CorruptFileError(path, "asks for more memory than there is") from None

    def _read(self, path: Path, original_grid: bool) -> Segmentation:
        self.left_out, self.notes = [], []
        if self._annotation_path is None:
            self._note(self.paths.volume, "it has no annotation; imported without objects")
        _expect_memory(self.geometry, path)
        found, stray = objects_of(self.annotation, path)
        for key in stray:
            self._leave_out(path, f"figure {key} belongs to no object")
        for title in dict.fromkeys(entry.title for entry in found if entry.title not in self.meta.classes):
            self._note(path, f"has objects of the class {title!r}, which meta.json does not list")
        sidecar = self._sidecar()
        turn, geometry = Reordering(), self.geometry
        if sidecar is not None and original_grid:
            turn, geometry = self._original(sidecar)
        assembly = self._assembled(found, sidecar)
        if assembly.moved:
            names = ", ".join(f"{label.value} {label.name!r}" for label in assembly.moved[:8])
            self._note(path, f"labels that now meet others of their group went to a group of their own: {names}")
        self._note_files(found)
        return self._document(assembly.groups(turn), geometry, sidecar)

    def _document(self, groups: list[Any], geometry: Geometry, sidecar: VolumeSidecar | None) -> Segmentation:
        properties: dict[str, PropertyValue] = {} if sidecar is None else dict(sidecar.properties)
        before = properties.get(VOLUME)
        known = before.get("tags") if isinstance(before, dict) else None
        tags = tags_of(self.annotation, self.meta)
        if _pairs(tags) != _pairs(known):
            properties[VOLUME] = {**(before if isinstance(before, dict) else {}), "tags": tags}
        if sidecar is None:
            key = plain_key(self.annotation.get("key"))
            return Segmentation(geometry, groups, uid=str(UUID(key)) if key else "", properties=properties)
        return Segmentation(
            geometry,
            groups,
            uid=sidecar.uid,
            unlabeled_locked=sidecar.unlabeled_locked,
            properties=properties,
            extras=sidecar.extras,
        )

    def _sidecar(self) -> VolumeSidecar | None:
        path = self.paths.sidecar
        if not path.is_file():
            return None
        try:
            return read_sidecar(path)
        except FormatError as error:
            self._leave_out(path, f"is ignored: {error.reason}")
            return None

    def _original(self, sidecar: VolumeSidecar) -> tuple[Reordering, Geometry]:
        """How axes return to the order that they had, and the exact grid of then; nothing if the volume is another."""
        turn = placed_on(self.geometry, sidecar.geometry)
        if turn is None:
            self._note(self.paths.volume, "is no longer the volume that was written; its axes stay as they are")
            return Reordering(), self.geometry
        return turn, sidecar.geometry

    def _assembled(self, objects: list[FoundObject], sidecar: VolumeSidecar | None) -> Assembly:
        """All objects in groups: first those that the sidecar knows, in its order, then the others."""
        expect_files(len(objects), self.geometry.voxels)
        masks = FigureMasks(self.geometry)
        by_key = {found.key: found for found in objects if found.key}
        drafts, remembered = [GroupDraft()], []
        if sidecar is not None:
            drafts = [GroupDraft(group.name, dict(group.properties)) for group in sidecar.groups]
            places = enumerate(zip(sidecar.groups, sidecar.keys, strict=True))
            remembered = [
                (index, label, key)
                for index, (group, keys) in places
                for label, key in zip(group.labels, keys, strict=True)
            ]
        assembly = Assembly(self.geometry, drafts)
        for index, label, key in remembered:
            found = by_key.pop(key, None)
            if found is None:
                self._note(self.paths.annotation, f"label {label.value} {label.name!r} was deleted in the project")
                continue
            assembly.put_known(index, known_label(label, found, self.meta, *self.changed), self._runs(found, masks))
        known = {id(found) for found in objects} - {id(found) for found in by_key.values()}
        fresh = [found for found in objects if not found.key or id(found) not in known]
        for found, value in zip(
            fresh, new_values(fresh, [label.value for _, label, _ in remembered], self.meta), strict=True
        ):
            assembly.put_new(new_label(found, value, self.meta), self._runs(found, masks))
        for remark in sorted(masks.remarks):
            self._note(self.paths.masks, remark)
        return assembly

    def _runs(self, found: FoundObject, masks: FigureMasks) -> Runs:
        """The voxels of an object: those of all its figures; a figure that cannot be read is named."""
        parts: list[Runs] = []
        drawn = False
        for figure in found.figures:
            file = self.paths.masks / f"{figure.key}.nrrd"
            where = self._annotation_path or self.paths.annotation
            try:
                if figure.plane:
                    draw(slice_of(masks.scratch, figure.plane, figure.index), figure.shape, figure.geometry)
                    drawn = True
                elif figure.key and file.is_file():
                    where = file
                    parts.append(masks.of_file(file))
                else:
                    parts.append(_runs_of_text(figure, masks))
            except (FormatError, GeometryError, FigureError) as error:
                reason = error.reason if isinstance(error, FormatError) else str(error)
                self._leave_out(where, f"figure {figure.key} of {found.title!r} is left out: {reason}")
        return masks.union(parts, drawn)

    # ---- remarks -----------------------------------------------------------------------------------------------
    def _note_files(self, objects: list[FoundObject]) -> None:
        """Names what lies in the folders of the masks and belongs to no figure."""
        keys = {figure.key for found in objects for figure in found.figures}
        for path in sorted(self.paths.masks.iterdir()) if self.paths.masks.is_dir() else ():
            if path.name in _EXPORTED:
                self._note(path, "made from the masks by the app that exports projects; not read")
            elif path.is_dir() or path.suffix.lower() != ".nrrd" or path.stem.lower() not in keys:
                self._leave_out(path, "no figure has this name")
        for path in sorted(self.paths.surfaces.iterdir()) if self.paths.surfaces.is_dir() else ():
            self._leave_out(path, "a surface; masks are read")

    def _note(self, path: Path, reason: str) -> None:
        self.notes.append(Remark(path.relative_to(self.project).as_posix(), reason))

    def _leave_out(self, path: Path, reason: str) -> None:
        self.left_out.append(Remark(path.relative_to(self.project).as_posix(), reason))


def _runs_of_text(figure: FoundFigure, masks: FigureMasks) -> Runs:
    """The voxels of a figure without file. Raises FigureError."""
    if figure.shape != "mask_3d":
        raise FigureError(f"a figure of the shape {figure.shape!r:.40}; masks are read")
    runs = masks.of_json(figure.geometry)
    if runs is None:
        raise FigureError("it has neither a mask file nor a mask in the annotation")
    return runs


def _expect_memory(geometry: Geometry, path: Path) -> None:
    """Raises CorruptFileError for a grid that no memory holds; nothing is filled to find out."""
    try:
        np.empty(geometry.shape, np.uint16)
    except (MemoryError, ValueError):
        raise CorruptFileError(path, f"asks for more memory than there is: {geometry.size} voxels") from None


def _pairs(tags: Any) -> list[tuple[Any, Any]]:
    found = tags if isinstance(tags, list) else []
    return [(tag.get("name"), tag.get("value")) for tag in found if isinstance(tag, Mapping)]


def _described_geometry(meta: Any, path: Path) -> Geometry:
    """The grid that ``volumeMeta`` describes, in the server's form or the SDK's. Raises CorruptFileError."""
    try:
        sizes = meta["dimensionsIJK"]
        matrix = np.eye(4)
        if _MATRIX in meta:
            matrix = np.array(meta[_MATRIX], np.float64).reshape(4, 4)
        else:
            matrix[:3, :3] = np.array(meta["directions"], np.float64).reshape(3, 3) * np.array(meta["spacing"])
            matrix[:3, 3] = meta["origin"]
        signs = {"RAS": (-1.0, -1.0, 1.0), "LAS": (1.0, -1.0, 1.0), "LPS": (1.0, 1.0, 1.0)}[meta.get("ACS", "RAS")]
        matrix[:3] *= np.array(signs)[:, np.newaxis]
        return Geometry((sizes["z"], sizes["y"], sizes["x"]), matrix + 0.0)
    except (KeyError, TypeError, ValueError, IndexError, GeometryError) as error:
        raise CorruptFileError(path, f"volumeMeta does not say where the volume lies ({error!s:.100})") from None
