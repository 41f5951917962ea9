"""``mlseg diff`` of two sets of cases, and figures of one case: pairs, measures, tables, reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..datasets.case_files import find_case_files, stem_of
from ..datasets.compare import CaseComparison, Pair, metrics_csv, metrics_json, paired_cases, summaries
from ..datasets.compare.summary import Spread, figure
from ..errors import DatasetError, OptionError
from ..formats.staging import Stage, absolute
from .batch_show import aligned
from .case_work import Question, asked
from .console import Console, plain
from .job_runner import Bounds
from .job_work import check_reports
from .signals import ended_by_signals

SAME, DIFFERENT, FAILED = 0, 1, 4
_MODULE = "MultiLabelSegLib.cli.diff_case"


def diff_many(arguments: argparse.Namespace, console: Console) -> int:
    """Compares the cases of two folders or patterns, or two files; 0 all alike, 1 different, 4 a case failed."""
    _check(arguments)
    pairs = _pairs(arguments)
    cases = [_lonely(pair) for pair in pairs if pair.a is None or pair.b is None]
    questions = [_question(pair, arguments) for pair in pairs if pair.a is not None and pair.b is not None]
    bounds = Bounds.of(arguments)
    with ended_by_signals(), console.progress("compare") as moved:
        for question, data, reason in asked(_MODULE, questions, bounds, moved, arguments.resume):
            case = CaseComparison(question.case, error=reason) if data is None else CaseComparison.from_json(data)
            cases.append(case)
    cases.sort(key=lambda case: case.case)
    settings = {
        "a": str(arguments.a), "b": str(arguments.b), "match": arguments.match, "tolerance_mm": arguments.tolerance,
        "distances": not arguments.no_distances,
    }  # fmt: skip
    if arguments.json:
        console.out(metrics_json(cases, settings).rstrip("\n"))
    else:
        _print(cases, console)
    for path in arguments.report:
        _write(path, cases, settings)
        console.detail(f"wrote {path}")
    if any(case.error for case in cases):
        return FAILED
    return SAME if all(case.identical for case in cases) else DIFFERENT


def _check(arguments: argparse.Namespace) -> None:
    check_reports(arguments.report)
    if not arguments.tolerance >= 0:
        raise OptionError("tolerance", arguments.tolerance, "0 mm or more")


def _pairs(arguments: argparse.Namespace) -> list[Pair]:
    if arguments.as_one or not are_sets(arguments):
        return [Pair(stem_of(arguments.a), arguments.a, arguments.b)]
    return paired_cases(find_case_files(arguments.a), find_case_files(arguments.b))


def are_sets(arguments: argparse.Namespace) -> bool:
    """Whether both sides are sets of cases: patterns, or folders that are not one segmentation by themselves."""
    return not arguments.as_one and all(_is_set(path) for path in (arguments.a, arguments.b))


def _is_set(path: Path) -> bool:
    if not path.exists():
        return any(mark in str(path) for mark in ("{case}", "*", "?"))
    if not path.is_dir():
        return False
    from ..formats.dicom.folder import is_dicom_path
    from ..formats.folder_read import is_described

    return not is_described(path) and not (is_dicom_path(path) and _holds_one(path))


def _holds_one(folder: Path) -> bool:
    """Whether a folder with DICOM files holds one segmentation, with or without the images of its series."""
    from ..formats.dicom.folder import dicom_files
    from ..formats.dicom.parse import is_segmentation

    images = {absolute(path) for path in dicom_files(folder) if not is_segmentation(path)}
    try:
        return len(find_case_files(folder, images)) < 2
    except DatasetError:
        return True


def _lonely(pair: Pair) -> CaseComparison:
    side = "first" if pair.b is None else "second"
    return CaseComparison(pair.case, error=f"is only in the {side} set: {pair.a or pair.b}")


def _question(pair: Pair, arguments: argparse.Namespace) -> Question:
    data = {
        "case": pair.case, "a": str(pair.a), "b": str(pair.b), "match": arguments.match,
        "tolerance": arguments.tolerance, "distances": not arguments.no_distances,
    }  # fmt: skip
    return Question(pair.case, data, (str(pair.a), str(pair.b)))


def _print(cases: Sequence[CaseComparison], console: Console) -> None:
    rows = [("label", "cases", "Dice", "surface Dice", "HD95 mm", "distance mm", "volume ml")]
    names = ("dice", "surface_dice", "hd95_mm", "mean_distance_mm", "volume_difference")
    for row in summaries(cases):
        cells = [_mean(row.figures[name], 4 if "dice" in name else 2) for name in names]
        rows.append((plain(row.key), str(row.cases), *cells))  # type: ignore[arg-type]
    if len(rows) > 1 and not console.quiet:
        console.out("means over the cases; volume is second - first")
        for line in aligned(rows):
            console.out(line)
    same = sum(case.identical for case in cases)
    failed = [case for case in cases if case.error]
    console.say(
        f"{len(cases)} cases: {same} identical, {len(cases) - same - len(failed)} different, {len(failed)} failed"
    )
    for case in failed:
        console.warn(plain(f"FAILED {case.case}: {case.error}"))


def _mean(found: Spread | None, digits: int) -> str:
    return "-" if found is None else figure(found.mean, digits)


def _write(path: Path, cases: Sequence[CaseComparison], settings: dict[str, Any]) -> None:
    suffix = path.suffix.lower()
    if suffix == ".json":
        text = metrics_json(cases, settings)
    elif suffix == ".csv":
        text = metrics_csv(cases)
    else:
        from .diff_page import comparison_page

        text = comparison_page(cases, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with Stage(path) as stage:
        stage.file(path).write_text(text, encoding="utf-8", newline="")
        stage.commit()
