"""Import of BIDS derivatives: the ``_dseg`` files of an image become the groups of one segmentation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core import Group, Label, Segmentation
from ...core.naming import lut_color
from ...errors import CorruptFileError, DatasetError, FormatError, MultiLabelSegError
from ...formats.image_io import read_label_array
from ...formats.image_suffixes import is_file_or_broken_link
from ...formats.label_json import GroupEntry, groups_from_json
from ...formats.label_tables import read_table
from ...formats.merging import merged
from ...formats.report import Note, Report
from ..cases.case import SPLITS, Case, CaseSet, Split, distinct_cases
from ..cases.work import json_object
from ..classes.examined import from_document
from .exporting import OWN
from .inherited import fitting_table
from .names import DESCRIPTION, parse_name

_ENDINGS = (".nii.gz", ".nii")
#: why other results are not taken
_OTHERS = {
    "probseg": "holds probabilities, not labels; make a dseg of it by choosing a threshold or the most probable label",
    "mask": "is a mask without a label of its own; only discrete segmentations (dseg) are taken",
}


class BidsImporter:
    """Reads ``sub-*/[ses-*/]**/*_dseg.nii.gz``; tables may be inherited from folders above, as BIDS has it."""

    def matches(self, source: Path) -> bool:
        """See ``Importer``."""
        return (source / DESCRIPTION).is_file()

    def find(self, source: Path, options: Mapping[str, str]) -> CaseSet:  # noqa: ARG002 - other layouts have options
        """See ``Importer``."""
        if not source.is_dir():
            raise DatasetError(f"{source}: there is no such folder")
        left_out: list[Note] = []
        cases = []
        for stem, files in _images(source, left_out).items():
            own = _own(files[0])
            images = {
                str(name): source / str(text)
                for name, text in own.get("images", {}).items()
                if (source / str(text)).exists()
            }
            split: Split = own["split"] if own.get("split") in SPLITS else "train"
            cases.append(Case(str(own.get("case") or stem), images, files[0], split))
        if not cases and not left_out:
            raise DatasetError(f"{source}: no *_dseg.nii.gz; expected sub-01/anat/sub-01_dseg.nii.gz and its like")
        found = distinct_cases(cases)
        return CaseSet(found.cases, (*left_out, *found.left_out))

    def load(self, source: Path, case: Case, options: Mapping[str, str], report: Report) -> Segmentation:  # noqa: ARG002
        """See ``Importer``."""
        assert case.segmentation is not None
        files = next(each for each in _images(source, []).values() if each[0] == case.segmentation)
        owns = [_own(path) for path in files]
        if all(owns) and {own.get("groups") for own in owns} == {len(files)}:
            try:
                return _restored(files, owns, report)
            except (MultiLabelSegError, KeyError, TypeError, AttributeError) as error:
                report.note(f"what {OWN} says in the JSON is not used: {error!s:.120}", files[0])
        parts = [(path, _plain(path, source, report)) for path in files]
        if len(parts) == 1:
            return parts[0][1]
        return merged(parts, one_group_each=True, report=report)


def _images(source: Path, left_out: list[Note]) -> dict[str, list[Path]]:
    """What segmentations are about -> their files, in the order of their groups."""
    found: dict[str, list[Path]] = {}
    for path in sorted(source.glob("sub-*/**/*")):
        ending = next((ending for ending in _ENDINGS if path.name.endswith(ending)), None)
        if ending is None or not is_file_or_broken_link(path) or path.name.startswith("."):
            continue
        name = parse_name(path.name)
        if name is None:
            left_out.append(Note("is named in a way that BIDS does not know", path))
        elif name.suffix == "dseg":
            found.setdefault(name.without_group, []).append(path)
        elif name.suffix in _OTHERS:
            left_out.append(Note(_OTHERS[name.suffix], path))
    return {stem: sorted(paths, key=lambda path: (_index(path), path.name)) for stem, paths in found.items()}


def _own(path: Path) -> dict[str, Any]:
    """What we wrote into the JSON beside a segmentation; empty where there is nothing."""
    beside = path.with_name(path.name.split(".")[0] + ".json")
    if not beside.is_file():
        return {}
    try:
        own = json_object(beside, "the JSON of a segmentation").get(OWN)
    except FormatError:
        return {}
    return own if isinstance(own, dict) and isinstance(own.get("images", {}), dict) else {}


def _index(path: Path) -> int:
    index = _own(path).get("index", 0)
    return index if type(index) is int else 0


def _restored(files: list[Path], owns: list[dict[str, Any]], report: Report) -> Segmentation:
    """The groups as they were exported. Raises MultiLabelSegError, KeyError, TypeError where the JSON is not ours."""
    groups = []
    grid = None
    for path, own in zip(files, owns, strict=True):
        array, geometry = read_label_array(path, report)
        if grid is not None and geometry.differences(grid):
            raise CorruptFileError(path, f"does not lie on the grid of {files[0].name}")
        grid = grid or geometry
        (entry,) = groups_from_json([own["group"]], OWN)
        groups.append(_named(Group(array, entry.labels, entry.name, entry.properties), entry))
    assert grid is not None
    return from_document(owns[0]["document"], grid, groups)


def _named(group: Group, entry: GroupEntry) -> Group:
    strange = group.undeclared_values()
    if strange:
        raise CorruptFileError(None, f"the voxels hold {', '.join(map(str, strange))}, which {entry.name!r} has not")
    return group


def _plain(path: Path, source: Path, report: Report) -> Segmentation:
    """One file with the names of its table; values that no row names become ``object-N``, noted."""
    array, geometry = read_label_array(path, report)
    name = parse_name(path.name)
    assert name is not None
    group = Group(array, (), name.group)
    table = fitting_table(path, name, source)
    labels = {} if table is None else {label.value: label for label in read_table(table, report).to_labels()}
    if table is None:
        report.note("has no table of its labels (_dseg.tsv)", path)
    own_table = table is not None and table.name.split(".")[0] == path.name.split(".")[0]
    for value in sorted({*group.present_values(), *(labels if own_table else ())}):
        if value not in labels:
            report.note(f"the value {value} has no row in a table; it is named 'object-{value}'", path)
        group.set_label(labels.get(value) or Label(value, f"object-{value}", lut_color(value)))
    return Segmentation(geometry, [group])


IMPORTER = BidsImporter()
