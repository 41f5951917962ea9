"""Export as a BIDS derivative: ``_dseg.nii.gz`` with ``.tsv`` and ``.json``, one file a group; values stay."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core import Group
from ...errors import OptionError
from ...formats.label_json import group_to_json
from ...formats.label_tables import LabelTable, table_text
from ...formats.report import Report
from ...formats.staging import Stage
from ..cases.case import Case
from ..cases.layout import ExportOptions, WrittenSet
from ..cases.table import relative_path
from ..classes.examined import document_of, read_case
from ..classes.flat_writing import case_options, write_label_map, write_texts
from .names import DESCRIPTION, SUFFIX, folder_of, group_names, stem_of, subject_of

VERSION = "1.10.0"
#: key of the JSON beside a segmentation under which everything is kept that BIDS has no place for
OWN = "MultiLabelSeg"
_README = f"""# Segmentations

Discrete segmentations, one file for each group of labels that exclude each other. The `.tsv` beside each names its
values; the key `{OWN}` of the `.json` holds what else is known about the labels, for `mlseg dataset import`.
"""


class BidsExporter:
    """Writes a derivative. Labels keep their values; nothing has to fit together between cases."""

    def check(self, cases: Sequence[Case], options: ExportOptions, report: Report) -> Sequence[Case]:
        """See ``Exporter``."""
        if options.file_ending != ".nii.gz":
            raise OptionError("file-ending", options.file_ending, (".nii.gz",))
        if options.ignore:
            raise OptionError("ignore", options.ignore, "nothing: BIDS knows no label to be ignored")
        kept: list[Case] = []
        taken: dict[str, str] = {}
        for case in cases:
            subject, stem = subject_of(case.id)[0], stem_of(case).lower()
            if case.segmentation is None:
                report.leave_out(f"case {case.id!r}: it has no segmentation; a derivative holds no images")
            elif not subject:
                report.leave_out(f"case {case.id!r}: its name has no letter or digit, of which BIDS makes names")
            elif stem in taken:
                report.leave_out(f"case {case.id!r}: {stem_of(case)} is {taken[stem]!r} already")
            else:
                taken[stem] = case.id
                kept.append(case)
        return kept

    def examine(self, case: Case, options: ExportOptions, report: Report) -> Any:  # noqa: ARG002 - nothing is shared
        """See ``Exporter``."""
        return None

    def plan(self, cases: Sequence[Case], examined: Mapping[str, Any], options: ExportOptions, report: Report) -> Any:  # noqa: ARG002
        """See ``Exporter``."""
        return {}

    def write(self, case: Case, plan: Any, options: ExportOptions, out: Path, report: Report) -> Mapping[str, Any]:  # noqa: ARG002
        """See ``Exporter``."""
        segmentation, verdict = read_case(case, replace(case_options(options), classes=False), report)
        names = group_names([group.name for group in segmentation.groups])
        folder = out / folder_of(case)
        document = {key: value for key, value in document_of(segmentation).items() if key != "groups"}
        with Stage(out / "case") as stage:
            for index, (group, name) in enumerate(zip(segmentation.groups, names, strict=True)):
                stem = stem_of(case) + (f"_{options.entity}-{name}" if name else "")
                path = folder / f"{stem}{SUFFIX}"
                write_label_map(stage, path, group.array, segmentation.geometry, report)
                table = path.with_name(f"{stem}_dseg.tsv")
                text = table_text(LabelTable.of(group.labels), "bids", table)
                stage.file(table).write_text(text, encoding="utf-8", newline="\n")
                own = {**_own(case, group, out), "index": index, "groups": len(names), "document": document}
                beside = {"Description": _sentence(group, name), "SpatialReference": "orig", OWN: own}
                content = json.dumps(beside, indent=1, ensure_ascii=False) + "\n"
                stage.file(path.with_name(f"{stem}_dseg.json")).write_text(content, encoding="utf-8", newline="\n")
            files = [path.relative_to(out).as_posix() for path in stage.commit()]
        return {"grid": verdict, "files": files, "images": {}, "label_map": None}

    def finish(self, made: WrittenSet) -> Sequence[Path]:
        """See ``Exporter``."""
        from ... import __version__

        description = {
            "Name": made.options.name or "Segmentations",
            "BIDSVersion": VERSION,
            "DatasetType": "derivative",
            "GeneratedBy": [{"Name": "MultiLabelSeg", "Version": __version__}],
        }
        texts = {DESCRIPTION: json.dumps(description, indent=1, ensure_ascii=False) + "\n", "README.md": _README}
        return write_texts(made.out, texts)


def _own(case: Case, group: Group, out: Path) -> dict[str, Any]:
    return {
        "case": case.id,
        "split": case.split,
        "images": {name: relative_path(path, out) for name, path in case.images.items()},
        "group": group_to_json(group),
    }


def _sentence(group: Group, name: str) -> str:
    title = group.name or name
    return f"Discrete segmentation with {len(group.labels)} labels" + (f", {title}" if title else "")


EXPORTER = BidsExporter()
