"""A window of our own on the Slicer core, in Qt through qtpy: needs slicer-core, qtpy and PySide6 or PyQt6."""
