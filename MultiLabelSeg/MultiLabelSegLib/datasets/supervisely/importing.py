"""Importing a data set or project: found, read and written volume by volume; whatever is not imported is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from ...core import Image
from ...errors import FormatError, MultiLabelSegError, OptionError
from ...formats.report import ProgressCallback, Report
from ...formats.sidecar import SUFFIX as SIDECAR_SUFFIX
from .alignment import ras_reordering
from .annotations import match_annotations
from .archives import InputTree, opened_input
from .by_plane import ModeChoice
from .case_reader import CaseContent, read_case
from .cases import Case, Cases, Remark, stem_of
from .class_colors import ClassColors
from .color_map import ColorMap, read_color_map
from .discovery import Discovery, LayoutChoice, survey_names
from .existing import read_existing
from .import_report import Imported, ImportReport, described_labels
from .import_targets import Outgoing, Target
from .mapping import VolumeMapping, find_mapping, mapping_key, read_mapping
from .nifti_sidecar import apply_nifti_sidecar
from .project_item import ProjectItem
from .project_reader import is_project, read_project
from .score_table import Layers, read_scores
from .scores import SLICE_AXIS, Order, attach_scores
from .side_files import unused_color_maps
from .volumes import describe_volume


@dataclass(frozen=True)
class ImportOptions:
    """How a data set is understood; the defaults find out by themselves.

    ``existing`` is a project's folder or a JSON list of volumes that annotations without a volume belong to,
    ``dataset_id`` and ``mapping`` narrow that down. ``resample`` allows masks on another grid. ``layers_from`` is the
    number of the first layer of score tables, ``layer_order`` whether layers count along the file or along R, A, S.
    """

    layout: LayoutChoice = "auto"
    mask_mode: ModeChoice = "auto"
    existing: Path | None = None
    dataset_id: int | None = None
    mapping: Path | None = None
    resample: bool = False
    layers_from: Layers = 1
    layer_order: Order = "file"

    def __post_init__(self) -> None:
        if self.existing is None and (self.mapping is not None or self.dataset_id is not None):
            raise OptionError("existing", None, "the existing volumes that a mapping or a data set's id speaks of")


def import_data_set(
    source: Path, target: Target, options: ImportOptions | None = None, progress: ProgressCallback | None = None
) -> ImportReport:
    """Imports a folder or an archive: a NIfTI data set, a volume project, or folders of both.

    One volume at a time is in memory. What cannot be imported is left out with its reason and never stops the rest.
    Raises DatasetError, FormatError and OptionError only for what concerns the input as a whole, WriteError when the
    target cannot be written, Cancelled when ``progress`` asks to stop.
    """
    with opened_input(source) as tree:
        return _Import(tree, target, options or ImportOptions(), progress).run()


@dataclass
class _Import:
    tree: InputTree
    target: Target
    options: ImportOptions
    progress: ProgressCallback | None
    report: ImportReport = field(default_factory=ImportReport)
    colors: ClassColors = field(default_factory=ClassColors)
    maps: dict[str, ColorMap] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    _noted: set[Remark] = field(default_factory=set)

    def run(self) -> ImportReport:
        for remark in self.tree.left_out:
            self.report.leave_out(remark.path, remark.reason)
        projects = _project_roots(self.tree)
        names = [name for name in self.tree.names if not any(_is_below(name, root) for root in projects)]
        cases = self._cases(names)
        items = [(root, item) for root, folder in projects.items() for item in self._items(root, folder)]
        total = len(cases.cases) + len(items)
        progress = Report(self.progress)
        for done, case in enumerate(cases.cases):
            progress.step(done / total, case.source)
            self._guarded(case.source, [mask.path for mask in case.masks], partial(self._case, case))
        for done, (root, item) in enumerate(items, len(cases.cases)):
            progress.step(done / total, item.name)
            shown = _joined(root, item.paths.volume.relative_to(item.project).as_posix())
            self._guarded(shown, [], partial(self._item, root, item, shown))
        self._name_the_rest(cases)
        if self.report.imported:
            self.target.finish()
        progress.step(1.0)
        return self.report

    # ---- what there is -------------------------------------------------------------------------------------------
    def _cases(self, names: list[str]) -> Cases:
        found = survey_names(names, self.options.layout, self.options.mask_mode)
        if self.options.existing is None:
            return found.without_existing()
        existing = read_existing(self.options.existing)
        mapping = self._mapping(found)
        mapped = self._mapped(names, mapping)
        if not mapped.issubset(found.annotation_names):  # what a mapping names is an annotation, whatever it is called
            found = survey_names(
                [name for name in names if name not in mapped], self.options.layout, self.options.mask_mode
            )
        matched = match_annotations(
            (*found.annotation_names, *mapped),
            existing,
            mapping,
            self.options.dataset_id,
            self.options.mask_mode,
            self.tree.root_name,
        )
        return found.with_matched(matched)

    def _mapping(self, found: Discovery) -> VolumeMapping | None:
        """The mapping that was given, else the one in the input; JSON files that are none are left out."""
        if self.options.mapping is not None:
            mapping: VolumeMapping | None = read_mapping(self.options.mapping)
            same = {name for name in found.mappings if self.tree.path(name).samefile(self.options.mapping)}
            self.used |= same
            remarks = tuple(Remark(name, "another mapping was given") for name in found.mappings if name not in same)
        else:
            mapping, remarks = find_mapping(found.mappings, self.tree.path)
        for remark in remarks:
            self.report.leave_out(remark.path, remark.reason)
        self._note(mapping.notes if mapping else ())
        if mapping is not None:
            self.used.add(mapping.path)
        return mapping

    def _mapped(self, names: list[str], mapping: VolumeMapping | None) -> set[str]:
        """The files that a mapping names, with their folder or without."""
        if mapping is None:
            return set()
        keys = {name: mapping_key(f"{self.tree.root_name}/{name}") for name in names}
        return {name for name, key in keys.items() if key in mapping.ids or key.rpartition("/")[2] in mapping.ids}

    def _items(self, root: str, folder: Path) -> Iterator[ProjectItem]:
        try:
            project = read_project(folder)
        except MultiLabelSegError as error:
            self.report.leave_out(_joined(root, "meta.json"), _reason(error))
            return
        yield from project
        for remark in project.left_out:
            self.report.leave_out(_joined(root, remark.path), remark.reason)
        self._note(replace(note, path=_joined(root, note.path)) for note in project.notes)

    # ---- one volume ----------------------------------------------------------------------------------------------
    def _guarded(self, source: str, masks: list[str], work: Callable[[], None]) -> None:
        """Does the work for one volume; when that fails, the volume and its masks are left out."""
        try:
            work()
        except MultiLabelSegError as error:
            self.report.leave_out(source, _reason(error))
            for path in masks:
                self.report.leave_out(path, f"its volume {source} could not be imported")
        except MemoryError:
            self.report.leave_out(source, "there is not enough memory for it")

    def _case(self, case: Case) -> None:
        classes = self._color_map(case)
        content = read_case(case, self.tree.path, classes.table, self.options.resample, colors=self.colors)
        volume = self._checked_volume(content)
        tables = [path for path in case.scores if self._scores(case, path, content)]
        segmentation = content.segmentation
        if case.existing is None:
            notes = Report()
            path = self.tree.path(case.source)
            segmentation = apply_nifti_sidecar(segmentation, path.parent, stem_of(path.name), case.folder, notes)
            beside = _joined(case.folder, case.stem + SIDECAR_SUFFIX)
            if segmentation is not content.segmentation and not notes.notes:
                self.used.add(beside)
            self._note(Remark(beside, note.reason) for note in notes.notes)
        output = self._put(case.source, Outgoing(case.folder, case.stem, segmentation, volume))
        for remark in content.left_out:
            self.report.leave_out(remark.path, remark.reason)
        self._note(content.notes)
        files = (*content.files, *tables, *([classes.path] if classes else []))
        labels = described_labels(segmentation)
        self.report.imported.append(Imported(case.source, output, case.layout, len(labels), files, labels))

    def _item(self, root: str, item: ProjectItem, source: str) -> None:
        segmentation = item.segmentation()
        stem = stem_of(item.name)
        volume = item.image if item.paths.volume.is_file() else None
        if volume is not None and not self.target.wants_volumes:
            volume()  # a damaged volume is no volume, whether the target wants its voxels or not
        output = self._put(source, Outgoing(_joined(root, item.dataset), stem, segmentation, volume))
        for remark in item.left_out:
            self.report.leave_out(_joined(root, remark.path), remark.reason)
        self._note(replace(note, path=_joined(root, note.path)) for note in item.notes)
        labels = described_labels(segmentation)
        self.report.imported.append(Imported(source, output, "project", len(labels), (), labels))

    def _checked_volume(self, content: CaseContent) -> Callable[[], Image] | None:
        """How to get the volume; it is read once here, so that a damaged one is found whatever the target wants."""
        if content.volume_path is None:
            return None
        if content.case.existing is None and not self.target.wants_volumes:
            content.read_volume()
        return content.read_volume

    def _put(self, source: str, item: Outgoing) -> Path:
        report = Report()
        output = self.target.put(item, report)
        self._note(Remark(source, note.reason) for note in report.notes)
        for note in report.left_out:
            self.report.leave_out(source, note.reason)
        return output

    def _color_map(self, case: Case) -> ColorMap:
        """The nearest good map of a case; each file is read, and its bad lines are told, once."""
        for name in case.color_maps:
            if name not in self.maps:
                try:
                    self.maps[name] = read_color_map(self.tree.path(name), name)
                except FormatError as error:
                    self.maps[name] = ColorMap(name, {}, (Remark(name, error.reason),))
                if self.maps[name]:
                    self._note(self.maps[name].remarks)
            if self.maps[name]:
                self.used.add(name)
                return self.maps[name]
        return ColorMap()

    def _scores(self, case: Case, path: str, content: CaseContent) -> bool:
        """Attaches a table; False when nothing of it was of use, which is then named."""
        if not content.segmentation.labels:
            return False  # a volume without annotations has nothing that could be scored; discovery has noted the table
        try:
            table = read_scores(self.tree.path(path), self.options.layers_from, path)
            against = self.options.layer_order == "geometry" and self._runs_against(case)
            order = self.options.layer_order
            changed, remarks = attach_scores(
                content.segmentation, table, case.plane, order=order, reversed_axis=against
            )
        except MultiLabelSegError as error:
            self.report.leave_out(path, _reason(error))
            return False
        self._note((*table.remarks, *remarks))
        if not changed:
            self.report.leave_out(path, "none of its scores belongs to an object of the volume")
        return bool(changed)

    def _runs_against(self, case: Case) -> bool:
        """Whether the file's slices of this plane follow each other against R, A or S."""
        name = case.masks[0].path if case.existing is not None and case.masks else case.source
        turn = ras_reordering(describe_volume(self.tree.path(name)).geometry)
        return turn.flipped[2 - SLICE_AXIS[case.plane]]

    # ---- what is left ----------------------------------------------------------------------------------------------
    def _name_the_rest(self, cases: Cases) -> None:
        for remark in cases.left_out:
            if remark.path not in self.used:
                self.report.leave_out(remark.path, remark.reason)
        for remark in unused_color_maps(cases.cases, self.used):
            known = self.maps.get(remark.path, ColorMap())
            self.report.leave_out(remark.path, known.remarks[0].reason if known.remarks else remark.reason)
        self._note(cases.notes)

    def _note(self, remarks: Iterable[Remark]) -> None:
        for note in remarks:
            if note not in self._noted:
                self._noted.add(note)
                self.report.notes.append(note)


def _project_roots(tree: InputTree) -> dict[str, Path]:
    """The projects of an input: folder relative to the root -> folder on the disk; none within another."""
    roots: dict[str, Path] = {}
    for name in tree.names:
        if PurePosixPath(name).name != "meta.json" or any(_is_below(name, root) for root in roots):
            continue
        folder = tree.path(name).parent
        if is_project(folder):
            parent = str(PurePosixPath(name).parent)
            roots["" if parent == "." else parent] = folder
    return roots


def _is_below(name: str, root: str) -> bool:
    return not root or name.startswith(root + "/")


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _reason(error: MultiLabelSegError) -> str:
    return error.reason if isinstance(error, FormatError) else str(error)


#: what ``--layout`` may say
LAYOUTS: tuple[Literal["auto", "by-name", "by-plane", "annotations"], ...] = (
    "auto",
    "by-name",
    "by-plane",
    "annotations",
)
