"""A window of our own on the Slicer core, in Qt through qtpy: needs slicer-core, qtpy and PySide6 or PyQt6."""

import os
import sys
from importlib.util import find_spec

# qtpy would take PyQt first where both are installed; whoever chose a binding, or has loaded one, keeps it
if not {"PySide6", "PyQt6"} & sys.modules.keys() and find_spec("PySide6") is not None:
    os.environ.setdefault("QT_API", "pyside6")
