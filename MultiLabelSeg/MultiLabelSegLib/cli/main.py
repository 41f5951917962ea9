"""The entry of ``mlseg``: picks the command, turns errors into one line and an exit code.

argparse and not a larger framework: it starts in milliseconds and is there inside Slicer too.
Exit codes: 0 done, 1 the job failed, 2 wrong usage, 3 done but something was left out and named; diff has its own.
"""

from __future__ import annotations

import argparse
import atexit
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ..compiled import be_lean
from ..errors import MultiLabelSegError, OptionError, UnsupportedFormatError

DONE, FAILED, USAGE, LEFT_OUT = 0, 1, 2, 3
_INTERRUPTED = 130
#: these make one output of one case; with a template as output they take many cases
MANY = ("convert", "run", "crop", "labels", "new", "preset", "stats", "surface", "preview", "extract", "segment")
_TEMPLATE = ("{stem}", "{case}", "{label}")
#: command -> (module, what it does)
COMMANDS = {
    "convert": ("convert", "convert segmentations between formats, or merge several into one"),
    "info": ("info", "show geometry, groups and labels of a file"),
    "diff": ("diff", "compare two segmentations label by label"),
    "preview": ("preview", "make a picture or a page that shows a segmentation"),
    "new": ("new", "make an empty segmentation for an image, with the labels of a preset"),
    "labels": ("labels", "list labels, or add, rename, merge, split, move, set and remove them"),
    "suggest": ("suggest", "suggest names of labels with colours and codes"),
    "preset": ("preset", "save, apply and show label set presets"),
    "tools": ("tools", "list the tools and their parameters"),
    "segment": ("segment", "segment an image with nnU-Net or TotalSegmentator"),
    "environments": ("environments", "find, check and make the Python environments that such programs run in"),
    "surface": ("surface", "make polygon models of labels"),
    "batch": ("batch", "do a command for many cases, several at a time, on this machine or a cluster"),
    "audit": ("audit", "look through a set of cases for wrong names, values, grids and masks; propose a map"),
    "merge": ("merge", "merge files into one segmentation, for one case or whole folders"),
    "split": ("split", "split segmentations into a file for each label, group or class"),
    "extract": ("extract", "take class maps, instance maps or masks out as images"),
    "crop": ("crop", "cut a segmentation, and its image, to the box of its labels"),
    "run": ("run", "run a recipe of tools and label operations"),
    "stats": ("stats", "measure labels: volume, place, surface area and intensities, as table, CSV or JSON"),
    "tasks": ("tasks", "show a task list (MITK's JSON) and how far its tasks are"),
    "dataset": ("dataset", "import and export data sets: nnU-Net, BIDS, MONAI, TotalSegmentator, task lists"),
    "supervisely": ("supervisely", "import and export Supervisely's NIfTI data sets and volume projects"),
    "formats": ("formats", "list the formats and what each can hold"),
    "workbench": ("workbench", "open the panel and four linked views in a window"),
    "demo": ("demo", "convert a real chest CT segmentation through all formats and back, with a report"),
    "warm": ("warm", "compile the fast kernels for this machine once"),
}


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=min(100, _columns()))


def _columns() -> int:
    try:
        return os.get_terminal_size().columns - 2
    except OSError:
        return 98


def _overview() -> str:
    rows = "\n".join(f"  {name:<12} {text}" for name, (_, text) in COMMANDS.items())
    return (
        "usage: mlseg COMMAND [options]\n\n"
        "Multi-label segmentations: groups, labels and locks, converted without loss.\n\n"
        f"commands:\n{rows}\n\n"
        "  mlseg COMMAND --help   all options of a command\n"
        "  mlseg --version        the version\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and returns its exit code; never raises for a mistake of the user."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(_overview(), end="")
        return DONE if given else USAGE
    if given[0] in ("-V", "--version"):
        from .. import __version__

        print(f"mlseg {__version__}")
        return DONE
    if given[0] not in COMMANDS:
        print(f"mlseg: there is no command {given[0]!r}; there are {', '.join(COMMANDS)}", file=sys.stderr)
        return USAGE
    return _run_command(given[0], given[1:])


def parser_of(
    name: str, kind: type[argparse.ArgumentParser] = argparse.ArgumentParser
) -> tuple[ModuleType, argparse.ArgumentParser]:
    """The module of a command and a parser of its options; ``kind`` may answer mistakes in another way."""
    module, text = COMMANDS[name]
    command = import_module(f".{module}", __package__)
    parser = kind(
        prog=f"mlseg {name}", description=command.__doc__ or text, formatter_class=_HelpFormatter, allow_abbrev=False
    )
    if hasattr(command, "add_arguments"):
        command.add_arguments(parser)
    _check_paths(parser)
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    volume.add_argument("-v", "--verbose", action="store_true", help="print more: times, notes, every file")
    return command, parser


def _check_paths(parser: argparse.ArgumentParser) -> None:
    """Has an empty path refused: as ``Path`` it would be the working folder, and ``-o "$UNSET"`` would fill that."""
    parser.register("type", Path, _path)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                _check_paths(part)


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no path")
    return Path(text)


def _run_command(name: str, arguments: list[str]) -> int:
    from .console import Console

    try:
        if name in MANY and any(mark in word for word in arguments for mark in _TEMPLATE):
            from .many import do_many

            return do_many(name, arguments)
        command, parser = parser_of(name)
        # a command whose options are partly those of another tells them apart itself
        parsed = command.parse(parser, arguments) if hasattr(command, "parse") else parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    except MultiLabelSegError as error:
        Console().error(str(error))
        return USAGE
    console = Console(quiet=parsed.quiet, verbose=parsed.verbose)
    try:
        return int(command.run(parsed, console))
    except OptionError as error:
        console.error(str(error))
        return USAGE
    except MultiLabelSegError as error:
        console.error(str(error) + _other_way(error))
        return int(getattr(command, "FAILED", FAILED))
    except KeyboardInterrupt:
        console.error("cancelled; nothing was changed")
        return _INTERRUPTED
    except BrokenPipeError:
        # the reader of our output (head, less) went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except MemoryError:
        console.error("there is not enough memory for this")
        return FAILED
    except OSError as error:
        console.error(f"{error.filename or 'a file'}: {error.strerror or error}")
        return FAILED


def _other_way(error: MultiLabelSegError) -> str:
    """What else to call with an input that no reader of one segmentation knows; empty when nothing helps."""
    if not isinstance(error, UnsupportedFormatError) or error.path is None:
        return ""
    import shlex

    from ..datasets.supervisely.project.reader import is_project

    path = Path(error.path)
    # a file of a project that somebody would open is its description or the annotation of a volume
    folders = path.parents if path.suffix == ".json" else [path]
    try:
        project = next((folder for folder in folders if is_project(folder)), None)
    except MultiLabelSegError:
        return ""
    if project is None:
        return ""
    return f"; a Supervisely project is read with: mlseg supervisely import {shlex.quote(str(project))} -o OUT"


def run() -> None:
    """The console script: runs ``main`` and exits with its code."""
    for stream in (sys.stdout, sys.stderr):
        # names may hold any script; a console of another encoding must not end the job
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    is_window = sys.argv[1:2] == ["workbench"]
    if not is_window:  # there users run Python of their own
        be_lean()
    code = main()
    if is_window:
        _end_at_once(code)
    sys.exit(code)


def _end_at_once(code: int) -> None:
    """Ends the process without taking Python apart, when the window is closed and everything is written.

    Python would delete the objects of Qt and VTK in any order, which now and then ends in a crash.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)
