"""One case, done in a process of its own: looked at, written into a data set, or read from one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import MultiLabelSegError, OptionError
from ...formats.report import Report
from ...formats.saving import write_segmentation
from ...formats.staging import Stage
from .image_files import place_image
from .layout import ExportOptions, exporter, importer
from .work import Work

DONE, FAILED, LEFT_OUT = 0, 1, 3


def main(arguments: Sequence[str]) -> int:
    """``ACTION WORK CASE``; mistakes are one line on the error stream, as those of the command line."""
    action, folder, case_id = arguments[:3]
    actions: dict[str, Callable[[Work, str, Report], None]] = {"examine": _examine, "write": _write, "load": _load}
    report = Report()
    try:
        if action not in actions:
            raise OptionError("action", action, actions)
        actions[action](Work(Path(folder)), case_id, report)
    except MultiLabelSegError as error:
        print("mlseg: " + " ".join(str(error).split()), file=sys.stderr)
        return FAILED
    for note in report.left_out:
        print(f"left out: {note}", file=sys.stderr)
    return LEFT_OUT if report.left_out else DONE


def _examine(work: Work, case_id: str, report: Report) -> None:
    layout, options = _export(work)
    found = exporter(layout).examine(work.case(case_id), options, report)
    work.put_case("examined", case_id, {"found": found, **_said(report)})


def _write(work: Work, case_id: str, report: Report) -> None:
    layout, options = _export(work)
    out = Path(work.get("options")["out"])
    told = exporter(layout).write(work.case(case_id), work.get("plan"), options, out, report)
    work.put_case("written", case_id, {**told, **_said(report)})


def _load(work: Work, case_id: str, report: Report) -> None:
    """A case of a data set as a segmentation of our formats, with its images where they are asked for."""
    given = work.get("options")
    case, out, source = work.case(case_id), Path(given["out"]), Path(given["source"])
    segmentation = importer(given["layout"]).load(source, case, given["options"], report)
    target = out / f"{case.id}{given['suffix']}"
    made = write_segmentation(segmentation, target, format_id=given["format"], overwrite=True, report=report)
    images = dict(case.images)
    if given["images"] != "reference":
        (out / "images").mkdir(parents=True, exist_ok=True)
        with Stage(out / "case") as stage:
            for name, path in case.images.items():
                channel = "" if len(case.images) == 1 else f"_{list(case.images).index(name):04d}"
                images[name] = out / "images" / f"{case.id}{channel}{given['image_suffix'] or _suffix(path)}"
                place_image(stage, path, images[name], given["images"] == "link", None, report)
            stage.commit()
    files = [*made.paths, *(path for path in images.values() if path not in case.images.values())]
    told = {
        "segmentation": str(made.main[0]),
        "images": {name: str(path) for name, path in images.items()},
        "files": [path.relative_to(out.absolute()).as_posix() for path in map(Path.absolute, files)],
        "labels": len(segmentation.labels),
        "groups": len(segmentation.groups),
    }
    work.put_case("written", case_id, {**told, **_said(report)})


def _suffix(path: Path) -> str:
    from ...formats.image_file import SUFFIXES
    from ...formats.image_suffixes import image_suffix

    own = image_suffix(path)
    return own if own in SUFFIXES else ".nii.gz"


def _export(work: Work) -> tuple[str, ExportOptions]:
    given: Mapping[str, Any] = work.get("options")
    return str(given["layout"]), ExportOptions(**given["options"])


def _said(report: Report) -> dict[str, Any]:
    return {"notes": [str(note) for note in report.notes], "left_out": [str(note) for note in report.left_out]}
