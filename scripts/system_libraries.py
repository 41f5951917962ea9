"""Names the shared libraries that a Linux lacks for Qt, the real MITK, the real Slicer core and others.

Prints the Debian packages that hold them, on one line, and ends with 0; prints nothing when all are there.
Their wheels bring everything else with them. Found by importing and using them in a bare Debian 12.
"""

import ctypes
import sys

#: shared library -> Debian package
DEBIAN_PACKAGES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libmagic.so.1": "libmagic1",
}


def missing_libraries():
    """The shared libraries of the table that this machine cannot load; none on Windows and macOS."""
    if not sys.platform.startswith("linux"):
        return []
    found = []
    for name in DEBIAN_PACKAGES:
        try:
            ctypes.CDLL(name)
        except OSError:
            found.append(name)
    return found


if __name__ == "__main__":
    packages = [DEBIAN_PACKAGES[name] for name in missing_libraries()]
    if packages:
        print(" ".join(packages))
