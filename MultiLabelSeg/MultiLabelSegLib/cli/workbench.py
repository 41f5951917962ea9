"""Opens the workbench: the panel and four linked views in a window of its own, on the Slicer core.

Without FILES it opens the demo case. --script plays a list of actions (JSON) and --screenshot writes a picture; both
end by themselves and need no display with QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import OptionError
from .console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg workbench``."""
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILES", help="images, segmentations, task lists, presets"
    )
    parser.add_argument("--screenshot", type=Path, metavar="OUT.png", help="write a picture of the window and end")
    parser.add_argument("--script", type=Path, metavar="ACTIONS.json", help="play these actions and end")
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="FOLDER",
        help="keep the autosave journals here (default: beside the preferences; with --script or --screenshot: none)",
    )
    parser.add_argument("--size", default="1440x900", metavar="WxH", help="size of the window (1440x900)")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark", help="colours of the window (dark)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Runs the window. Raises HostError, FormatError, WriteError, OptionError."""
    from ..workbench.app import run as run_window

    code = run_window(
        arguments.files,
        screenshot=arguments.screenshot,
        script=arguments.script,
        size=_size(arguments.size),
        theme=arguments.theme,
        journal=arguments.journal,
    )
    if arguments.screenshot is not None:
        console.say(f"written: {arguments.screenshot}")
    return code


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()) or not (320 <= int(width) <= 8192 and 240 <= int(height) <= 8192):
        raise OptionError("--size", text, "width x height in pixels, from 320x240 to 8192x8192")
    return int(width), int(height)
