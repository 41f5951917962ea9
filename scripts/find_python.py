"""Finds the Python on which the environment is built: on PATH, in pyenv, or by Windows' launcher.

3.12 comes first, since the real MITK, against which the tests run, has wheels for 3.12 alone and both commands
share one environment; then the newest, 3.13; then 3.11 and 3.10. Every candidate is tried by running it: a shim
of pyenv may exist for a version that is not switched on, and a Debian Python may lack its venv module.
"""

import os
import subprocess

VERSIONS = ((3, 12), (3, 13), (3, 11), (3, 10))
WINDOWS = os.name == "nt"

#: prints version, whether packages can be had for this build of Python, whether it can make environments
PROBE = """
import sys, sysconfig
fit = sys.implementation.name == "cpython" and sys.maxsize > 2**32 and not sysconfig.get_config_var("Py_GIL_DISABLED")
try:
    import ctypes, ssl, zlib
except ImportError:
    fit = False
try:
    import ensurepip, venv
    has_venv = True
except ImportError:
    has_venv = False
print("%d.%d.%d" % sys.version_info[:3], int(fit), int(has_venv))
"""


class NoPythonFailure(Exception):
    """No fitting Python; the message is one line that says what helps."""


def probe(command):
    """(version such as "3.12.1", fit, has venv) of the Python that a command starts; None if it does not."""
    try:
        output = subprocess.check_output(
            [*command, "-I", "-c", PROBE], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60
        )
        version, fit, has_venv = output.decode().split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return version, fit == "1", has_venv == "1"


def minor_version(version):
    """(3, 12) of "3.12.1"."""
    return tuple(int(part) for part in version.split(".")[:2])


def candidates(version, without):
    """Commands that may start this version, those on PATH first; none inside the folder ``without``."""
    name = f"python{version[0]}.{version[1]}"
    if WINDOWS:
        yield ["py", f"-{version[0]}.{version[1]}"]
    for stem in (name, "python3", "python"):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            path = os.path.join(folder, stem + (".exe" if WINDOWS else ""))
            inside = os.path.abspath(path).startswith(without + os.sep)
            if folder and not inside and os.access(path, os.X_OK):
                yield [path]
    for path in pyenv_pythons(f"{version[0]}.{version[1]}"):
        yield [path]


def pyenv_pythons(version):
    """The Pythons of this version that pyenv has, the newest first."""
    root = os.environ.get("PYENV_ROOT") or os.path.join(os.path.expanduser("~"), ".pyenv")
    for versions in (os.path.join(root, "versions"), os.path.join(root, "pyenv-win", "versions")):
        if os.path.isdir(versions):
            names = [name for name in os.listdir(versions) if (name + ".").startswith(version + ".")]
            for name in sorted(names, key=lambda text: (len(text), text), reverse=True):
                yield os.path.join(versions, name, *(("python.exe",) if WINDOWS else ("bin", "python")))


def find_python(without):
    """The command that starts the Python to build on, and its exact version; never one inside ``without``."""
    probed = {}
    no_venv = []
    for version in VERSIONS:
        for command in candidates(version, without):
            key = tuple(command)
            if key not in probed:
                probed[key] = probe(command)
            if probed[key] is None or minor_version(probed[key][0]) != version or not probed[key][1]:
                continue
            if probed[key][2]:
                return command, probed[key][0]
            no_venv.append(f"python{version[0]}.{version[1]}")
    if no_venv:
        name = no_venv[0]
        raise NoPythonFailure(f"{name} lacks its venv module; on Debian: apt-get install {name}-venv")
    raise NoPythonFailure("no Python 3.10 to 3.13 found on PATH or in pyenv; install one, 3.12 is best")
