"""The panel's widgets: one code for PythonQt (inside Slicer) and for PySide6 and PyQt6 through qtpy."""
