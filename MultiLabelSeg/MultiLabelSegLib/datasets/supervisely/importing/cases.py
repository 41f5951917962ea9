"""Importing the cases of a NIfTI data set: each volume with its masks, colour map, scores and sidecar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ....core import Image, Segmentation
from ....errors import FormatError, MultiLabelSegError
from ....formats.report import Report
from ....formats.sidecar import SUFFIX as SIDECAR_SUFFIX
from ..discovery.cases import Case, Remark, stem_of
from ..discovery.side_files import unused_color_maps
from ..masks.alignment import ras_reordering
from ..masks.case_reader import CaseContent, read_case
from ..masks.volumes import describe_volume
from ..tables.class_colors import ClassColors
from ..tables.color_map import ColorMap, read_color_map
from ..tables.score_table import read_scores
from ..tables.scores import SLICE_AXIS, attach_scores
from .session import Session, joined, reason_of
from .targets import Outgoing


@dataclass
class CaseImporter:
    """Takes case after case; colours of classes and colour maps are the same for all of them."""

    session: Session
    colors: ClassColors = field(default_factory=ClassColors)
    maps: dict[str, ColorMap] = field(default_factory=dict)

    def take(self, case: Case, more: tuple[str, ...] = ()) -> None:
        """Imports one case; ``more`` are files that it was found by.

        Raises MultiLabelSegError when its volume cannot be imported.
        """
        session = self.session
        classes = self._color_map(case)
        content = read_case(case, session.tree.path, classes.table, session.options.resample, colors=self.colors)
        if case.existing is not None and not content.files:
            self._leave_out(case, content)
            return
        volume = self._checked_volume(content)
        tables = [path for path in case.scores if self._attach(case, path, content)]
        segmentation, beside = self._with_sidecar(case, content)
        maps = [classes.path] if classes else []
        item = Outgoing(case.folder, case.stem, segmentation, volume)
        session.put(case.source, item, case.layout, (*content.files, *tables, *maps, *beside, *more))
        for remark in content.left_out:
            session.report.leave_out(remark.path, remark.reason)
        session.report.note(content.notes)

    def _leave_out(self, case: Case, content: CaseContent) -> None:
        """An existing volume of which no annotation could be read is not imported once more without any."""
        for remark in content.left_out:
            self.session.report.leave_out(remark.path, remark.reason)
        for path in case.scores:
            self.session.report.leave_out(path, f"no annotation of {case.source} could be imported")

    def name_unused_maps(self, cases: tuple[Case, ...]) -> None:
        """Leaves out the files that could have been colour maps and that nothing was taken from."""
        report = self.session.report
        for remark in unused_color_maps(cases, report.used()):
            known = self.maps.get(remark.path, ColorMap())
            reason = known.remarks[0].reason if known.remarks else remark.reason
            if known:
                reason = "is the colour map of volumes that could not be imported"
            report.leave_out(remark.path, reason)

    def _checked_volume(self, content: CaseContent) -> Callable[[], Image] | None:
        """How to get the volume; it is read once here, so that a damaged one is found whatever the target wants."""
        if content.volume_path is None:
            return None
        if content.case.existing is None and not self.session.target.wants_volumes:
            content.read_volume()
        return content.read_volume

    def _color_map(self, case: Case) -> ColorMap:
        """The nearest good map of a case; each file is read, and its bad lines are told, once."""
        for name in case.color_maps:
            if name not in self.maps:
                self.maps[name] = self._read_map(name)
            if self.maps[name]:
                return self.maps[name]
        return ColorMap()

    def _read_map(self, name: str) -> ColorMap:
        try:
            found = read_color_map(self.session.tree.path(name), name)
        except FormatError as error:
            return ColorMap(name, {}, (Remark(name, error.reason),))
        if found:
            self.session.report.note(found.remarks)
        return found

    def _attach(self, case: Case, path: str, content: CaseContent) -> bool:
        """Attaches a table of scores; False when nothing of it was of use, which is then named."""
        if not case.masks:
            return False  # discovery has noted the table: without annotations nothing can be scored
        session = self.session
        order = session.options.layer_order
        try:
            table = read_scores(session.tree.path(path), session.options.layers_from, path)
            against = order == "geometry" and self._runs_against(case)
            changed, remarks = attach_scores(
                content.segmentation, table, case.plane, order=order, reversed_axis=against
            )
        except MultiLabelSegError as error:
            session.report.leave_out(path, reason_of(error))
            return False
        session.report.note((*table.remarks, *remarks))
        if not changed:
            session.report.leave_out(path, "none of its scores belongs to an object of the volume")
        return bool(changed)

    def _runs_against(self, case: Case) -> bool:
        """Whether the file's slices of this plane follow each other against R, A or S."""
        if case.plane not in SLICE_AXIS:
            return False
        name = case.masks[0].path if case.existing is not None else case.source
        turn = ras_reordering(describe_volume(self.session.tree.path(name)).geometry)
        return turn.flipped[2 - SLICE_AXIS[case.plane]]

    def _with_sidecar(self, case: Case, content: CaseContent) -> tuple[Segmentation, tuple[str, ...]]:
        """The labels as the sidecar of our own export describes them, where there is one that fits, and its name."""
        path = None if case.existing is not None else self.session.tree.path(case.source)
        if path is None or not (path.parent / (stem_of(path.name) + SIDECAR_SUFFIX)).is_file():
            return content.segmentation, ()
        from ..nifti.sidecar import apply_nifti_sidecar

        notes = Report()
        found = apply_nifti_sidecar(content.segmentation, path.parent, stem_of(path.name), case.folder, notes)
        beside = joined(case.folder, case.stem + SIDECAR_SUFFIX)
        for note in notes.notes:
            self.session.report.leave_out(beside, note.reason)
        return found, (beside,) if found is not content.segmentation else ()
