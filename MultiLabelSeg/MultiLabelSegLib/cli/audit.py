"""Look through a whole set of segmentations for what would spoil a training set, and propose how to mend it.

  mlseg audit labels
  mlseg audit labels --images images --schema names.csv --report audit.html --report audit.csv
  mlseg audit 'sub/{case}/seg.nrrd' --images 'sub/{case}/ct.nii.gz' -j 4 --map repair.csv

DIR holds a file (or a folder of masks) for each case; a pattern with {case} says it more closely. --map writes what
`mlseg convert --map` applies to every case: one spelling and one value for each label. With --resume FOLDER an
interrupted audit goes on, and a later one looks only at cases that have changed.
Exit codes: 0 nothing found, 1 something found, 2 wrong usage, 4 there is nothing to look at.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CorruptFileError, FormatError, OptionError
from .console import Console, plain
from .job_options import add_bounds

if TYPE_CHECKING:
    from ..datasets.audit import CaseFacts

CLEAN, FOUND, FAILED = 0, 1, 4
_MOST_LINES = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg audit``."""
    parser.add_argument("source", metavar="DIR|PATTERN", help="the cases: a folder, or a pattern with {case}")
    parser.add_argument("--schema", type=Path, metavar="FILE", help="preset, label table or segmentation that is right")
    parser.add_argument("--images", metavar="DIR|PATTERN", help="the images, whose grids the cases must have")
    parser.add_argument("--report", type=Path, action="append", default=[], metavar="FILE", help=".html, .csv or .json")
    parser.add_argument("--map", type=Path, metavar="FILE", help="write the proposed map for mlseg convert --map")
    parser.add_argument("--ignore", nargs="+", default=[], metavar="KIND", help="kinds of findings to leave out")
    parser.add_argument("--no-pictures", action="store_true", help="no thumbnails in the HTML report")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing map")
    how = parser.add_argument_group("how to do it")
    add_bounds(how)
    how.add_argument("--resume", type=Path, metavar="FOLDER", help="keep what is found of each case there, and go on")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Measures every case, prints and writes what was found; 0 for a clean set, else 1."""
    from ..datasets.audit import examine, proposed_map
    from .audit_report import write_map, write_report

    _check(arguments)
    schema = None
    if arguments.schema is not None:
        from ..presets.schema import Schema

        schema = Schema.from_file(arguments.schema)
    examined = examine(_measured(arguments, console), schema, _names(arguments, console))
    if arguments.ignore:
        findings = tuple(found for found in examined.findings if found.kind not in arguments.ignore)
        examined = replace(examined, findings=findings)
    proposal = proposed_map(examined)
    counts = Counter(found.kind for found in examined.findings)
    for kind, count in counts.items():
        console.out(f"{kind}: {count}")
        if not console.quiet:
            shown = [found for found in examined.findings if found.kind == kind]
            for found in shown if console.verbose else shown[:_MOST_LINES]:
                console.out(plain(f"  {found.case}: {found.text}"))
            if len(shown) > _MOST_LINES and not console.verbose:
                console.out(f"  ... and {len(shown) - _MOST_LINES} more (--verbose or --report shows them)")
    sentence = f"{len(examined.cases)} cases, {len(examined.columns)} labels, {len(examined.findings)} findings"
    console.say(sentence if counts else f"{sentence}: nothing is wrong with this set")
    if arguments.map is not None:
        write_map(arguments.map, proposal)
        console.say(f"wrote {arguments.map}: {len(proposal.rules)} rules for mlseg convert --map")
    elif proposal.rules:
        console.say(f"a map of {len(proposal.rules)} rules would mend names and values; --map FILE writes it")
    for text in proposal.open:
        console.say(plain(f"not in the map: {text}"))
    for report in arguments.report:
        write_report(report, examined, proposal, str(arguments.source))
        console.detail(f"wrote {report}")
    return FOUND if counts else CLEAN


def _check(arguments: argparse.Namespace) -> None:
    from ..datasets.audit.findings import KINDS
    from .job_work import check_reports

    check_reports(arguments.report)
    for kind in arguments.ignore:
        if kind not in KINDS:
            raise OptionError("ignore", kind, tuple(KINDS))
    if arguments.map is not None and arguments.map.exists() and not arguments.overwrite:
        raise FormatError(arguments.map, "exists already; overwriting must be asked for (--overwrite)")


def _names(arguments: argparse.Namespace, console: Console) -> dict[int, str]:
    """The names of values that nnU-Net's description beside label maps states; not asked for where a schema does."""
    from ..datasets.nnunet.description import names_of_values

    folder = Path(arguments.source)
    is_raw = (folder / "labelsTr").is_dir() or folder.absolute().name in ("labelsTr", "labelsTs")
    if arguments.schema is not None or not is_raw:
        return {}
    try:
        return names_of_values(folder)
    except CorruptFileError as error:
        console.say(plain(f"names are not those of {error}"))
        return {}


def _measured(arguments: argparse.Namespace, console: Console) -> list[CaseFacts]:
    """The facts of every case, in the order of their names."""
    from ..datasets.audit import CaseFacts
    from ..datasets.case_files import find_case_files, find_images, images_of
    from .case_work import Question, asked
    from .job_runner import Bounds
    from .signals import ended_by_signals

    images = {} if arguments.images is None else find_images(arguments.images)
    cases = find_case_files(arguments.source, (path for paths in images.values() for path in paths))
    pictures = not arguments.no_pictures and any(path.suffix.lower() in (".html", ".htm") for path in arguments.report)
    questions = []
    without = set()
    for case in cases:
        mine = [str(path) for path in images_of(case, images)]
        if arguments.images is not None and not mine:
            without.add(case.name)
        data = {"case": case.name, "path": str(case.path), "images": mine, "pictures": pictures}
        questions.append(Question(case.name, data, (str(case.path), *mine)))
    bounds, kept = Bounds.of(arguments), arguments.resume
    facts = []
    with ended_by_signals(), console.progress("audit") as moved:
        for question, answer, reason in asked("MultiLabelSegLib.cli.audit_case", questions, bounds, moved, kept):
            found = (
                CaseFacts(question.case, question.data["path"], reason)
                if answer is None
                else CaseFacts.from_json(answer)
            )
            if question.case in without and not found.error:
                found = replace(found, image_faults=(*found.image_faults, "there is no image of this case"))
            facts.append(found)
    return sorted(facts, key=lambda found: found.case)
