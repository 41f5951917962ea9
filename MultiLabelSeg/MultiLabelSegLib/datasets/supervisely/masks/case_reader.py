"""One case of a data set: its volume's place, and its masks as one segmentation on the volume's grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ....core import Geometry, Image, Segmentation
from ....errors import DatasetError, FormatError, MultiLabelSegError
from ....formats.report import ProgressCallback, Report
from ..discovery.cases import Case, MaskFile, Remark
from ..object_properties import VALUE
from ..tables.class_colors import ClassColors
from .alignment import ras_reordering
from .group_packing import GroupPacker
from .objects import ColorTable, ObjectMaker, changes_in_words
from .placed import PlacedMask, placed_array, placed_intervals
from .placing import Placement, placement
from .values import MaskReader, MaskValues
from .volumes import describe_volume, read_volume, read_volume_geometry


@dataclass(frozen=True, eq=False)
class CaseContent:
    """What a case holds. ``geometry`` is the volume's with the axes R, A, S, and the segmentation's.

    ``files`` are the masks that are in the segmentation (also those without objects), ``left_out`` those that are not
    with the reason, or what of them is not; ``notes`` is what was odd. ``volume_path`` is None for an existing volume
    that is only described.
    """

    case: Case
    geometry: Geometry
    segmentation: Segmentation
    volume_path: Path | None
    files: tuple[str, ...] = ()
    left_out: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Everything that the user should know."""
        return self.left_out + self.notes

    def read_volume(self) -> Image:
        """The volume with the axes R, A, S, read now and not kept. Raises FormatError, DatasetError (no file)."""
        if self.volume_path is None:
            raise DatasetError(f"{self.case.source}: the existing volume is only described, its voxels are not here")
        return read_volume(self.volume_path)


def read_case(
    case: Case,
    path_of: Callable[[str], Path],
    color_map: ColorTable | None = None,
    resample: bool = False,
    progress: ProgressCallback | None = None,
    colors: ClassColors | None = None,
) -> CaseContent:
    """The masks of a case as labels on its volume's grid; the volume's voxels stay unread.

    ``path_of`` turns paths of the case into files. ``color_map`` names the classes of semantic and instance masks:
    number -> (name, colour 0...255). ``resample`` allows masks on another grid (nearest voxel, 0 outside). ``colors``
    is shared by the cases of a data set, so that classes keep their colours.

    Every label is one object: its name is the class, ``object_properties`` keep file, value, class number and mode.
    Labels of a mask share a group; masks that overlap get groups of their own. A mask that cannot be used is left out
    with its reason, the others stay. Raises FormatError when the volume gives no place, Cancelled when ``progress``
    asks to stop.
    """
    report = Report(progress)
    volume_path, geometry = _volume(case, path_of, report)
    work = _Work(geometry, resample, ObjectMaker(color_map or {}, colors or ClassColors()), GroupPacker(geometry))
    work.notes.extend(Remark(case.source, note.reason) for note in report.notes)
    for number, mask in enumerate(case.masks):
        report.step(number / len(case.masks), mask.path)
        try:
            work.add(mask, path_of(mask.path))
        except FormatError as error:
            work.left_out.append(Remark(mask.path, error.reason))
        except MultiLabelSegError as error:
            work.left_out.append(Remark(mask.path, str(error)))
    segmentation = Segmentation(geometry, work.packer.groups())
    report.step(1.0, case.source)
    remarks = tuple(work.left_out), tuple(work.notes)
    return CaseContent(case, geometry, segmentation, volume_path, tuple(work.files), *remarks)


def _volume(case: Case, path_of: Callable[[str], Path], report: Report) -> tuple[Path | None, Geometry]:
    """The volume's file, and its geometry with the axes R, A, S."""
    if case.existing is not None:
        geometry = case.existing.geometry
        return case.existing.path, ras_reordering(geometry).geometry(geometry)
    path = path_of(case.source)
    return path, read_volume_geometry(path, report)


@dataclass
class _Work:
    """The masks of one case as they are read."""

    geometry: Geometry
    resample: bool
    objects: ObjectMaker
    packer: GroupPacker
    reader: MaskReader = field(default_factory=MaskReader)
    files: list[str] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    def add(self, mask: MaskFile, path: Path) -> None:
        """Reads a mask and adds its objects. Raises MultiLabelSegError; nothing is changed then."""
        report = Report()
        image = describe_volume(path, report)
        place = placement(image.geometry, self.geometry, self.resample)
        notes = [note.reason for note in report.notes]
        if place.note:
            notes.append(place.note)
        with self.reader.read(image) as found:
            notes.extend(found.notes)
            notes.extend(self._take(mask, found, self._placed(mask, found, place)))
        self.files.append(mask.path)
        self.notes.extend(Remark(mask.path, note) for note in notes)

    def _placed(self, mask: MaskFile, found: MaskValues, place: Placement) -> PlacedMask:
        """The codes on the volume's grid. Objects that fall outside of it are named."""
        if found.intervals is not None and place.is_identity:
            return placed_intervals(found.intervals, self.geometry.shape)
        codes = found.array(place.mask.shape)
        placed = placed_array(place.apply(codes, may_cut=self.resample))
        if place.note:
            lost = sorted(found.value_of(code) for code in set(placed_array(codes).present) - {*placed.present})
            if lost:
                reason = f"objects without a voxel on the volume's grid, by their values: {', '.join(map(str, lost))}"
                self.left_out.append(Remark(mask.path, reason))
        return placed

    def _take(self, mask: MaskFile, found: MaskValues, placed: PlacedMask) -> list[str]:
        """Makes a label of every value and puts it into a group; returns what is to be noted."""
        if not placed.present:
            return ["holds no object: every voxel is background"]
        by_value = sorted((found.value_of(code), code) for code in placed.present)
        labels = self.objects.labels(mask, [value for value, _ in by_value])
        changed = changes_in_words((value, label.value) for (value, _), label in zip(by_value, labels, strict=True))
        self.packer.add(placed, {code: label for (_, code), label in zip(by_value, labels, strict=True)})
        reason = "label values of its objects were taken or not within 1...65535 and changed; kept as property "
        return [f"{reason}{VALUE!r}: {changed}"] if changed else []
