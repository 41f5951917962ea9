"""The command line inside 3D Slicer without its window:

    Slicer --no-splash --no-main-window --python-script scripts/slicer_batch.py -- convert -i IN -o OUT

Everything after ``--`` is the command line of ``mlseg``; Slicer ends with its exit code.
"""

from __future__ import annotations

import sys
import traceback
from importlib.util import find_spec
from pathlib import Path


def run(arguments: list[str]) -> int:
    """Runs one command line. Never raises: an uncaught error would leave Slicer running for ever."""
    try:
        if find_spec("MultiLabelSegLib") is None:
            # the extension is not installed: take the library of the folder that this script is in
            sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "MultiLabelSeg"))
        from MultiLabelSegLib.cli.main import main

        return main(arguments[1:] if arguments[:1] == ["--"] else arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
