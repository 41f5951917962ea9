"""The project's Python environment in ``.venv``: is it whole, and if not, make it so.

``.venv/installed.txt`` says for which project folder, Python and pyproject.toml it was made, with which extras and
packages. While that is true a start costs a few milliseconds and never asks the network. ``.venv/unfinished``
stands there while packages are installed: an environment that still has it was interrupted and is made anew.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
WINDOWS = os.name == "nt"
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if WINDOWS else ("bin", "python")))
STAMP = os.path.join(VENV, "installed.txt")
UNFINISHED = os.path.join(VENV, "unfinished")
PYPROJECT = os.path.join(ROOT, "pyproject.toml")

#: extras whose wheels exist for some machines only; without them their tests are skipped
OPTIONAL_EXTRAS = ("interop",)
#: what pip says -> what it means
PIP_TROUBLES = (
    ("No space left on device", "the disk is full"),
    ("NewConnectionError", "no network: the Python package index cannot be reached"),
    ("Name or service not known", "no network: the Python package index cannot be reached"),
    ("Temporary failure in name resolution", "no network: the Python package index cannot be reached"),
    ("ConnectTimeoutError", "no network: the Python package index does not answer"),
    ("ReadTimeoutError", "no network: the Python package index does not answer"),
    ("ProxyError", "no network: the proxy refuses"),
    ("SSLError", "the package index's certificate is not trusted; see pip's option --cert"),
)

#: the command that the messages begin with
speaker = "bootstrap"


class EnvironmentFailure(Exception):
    """The environment cannot be made; the message is one line that says why and what helps."""


def say(text):
    """Writes one line to standard error."""
    sys.stderr.write(f"{speaker}: {text}\n")
    sys.stderr.flush()


def clean_variables():
    """The environment variables without those that lead another Python's packages into ours."""
    unwanted = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def ensure(extras):
    """Makes the environment if it is not there, adds what is missing, and does nothing when it is whole."""
    if same_file(sys.executable, PYTHON) and is_current(sys.version_info[:2], extras):
        return
    lock = take_lock()
    try:
        version = version_of_environment()
        if not is_current(version, extras):
            make(version, extras)
    finally:
        lock.close()


# --- what is there ------------------------------------------------------------------------------------------


def same_file(one, other):
    """Whether two paths are spelled the same; links are not followed, for .venv's python is one."""
    return os.path.normcase(os.path.abspath(one)) == os.path.normcase(os.path.abspath(other))


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def installed_packages(version):
    """The names of the packages' metadata folders, sorted: a package that vanished or changed shows here."""
    library = ("Lib",) if WINDOWS else ("lib", f"python{version[0]}.{version[1]}")
    try:
        names = os.listdir(os.path.join(VENV, *[*library, "site-packages"]))
    except OSError:
        return []
    return sorted(name for name in names if name.endswith(".dist-info"))


def stamp_text(version, extras):
    packages = " ".join(installed_packages(version))
    return "\n".join([ROOT, f"{version[0]}.{version[1]}", " ".join(extras), packages, read(PYPROJECT)])


def is_current(version, extras):
    """Whether the environment was made for exactly this, with at least these extras, and has lost no package."""
    lines = read(STAMP).split("\n", 4)
    if version is None or len(lines) < 5 or os.path.exists(UNFINISHED):
        return False
    root, made_for, has, packages, pyproject = lines
    return (
        (root, made_for, pyproject) == (ROOT, f"{version[0]}.{version[1]}", read(PYPROJECT))
        and set(extras) <= set(has.split())
        and set(packages.split()) <= set(installed_packages(version))
    )


def version_of_environment():
    """(major, minor) of the environment's Python; None when it does not start or was left unfinished."""
    import find_python

    found = None if os.path.exists(UNFINISHED) else find_python.probe([PYTHON])
    version = None if found is None else find_python.minor_version(found[0])
    return version if version in find_python.VERSIONS else None


# --- making it ----------------------------------------------------------------------------------------------


def take_lock():
    """A file that one process holds at a time; the system frees it even when the process is killed."""
    try:
        file = open(VENV + ".lock", "a+")  # noqa: SIM115
    except OSError as error:
        raise EnvironmentFailure(f"cannot write in the project folder: {error}") from error
    os.set_inheritable(file.fileno(), True)
    if not lock_file(file):
        import time

        say("another start is making the environment; waiting for it")
        while not lock_file(file):
            time.sleep(0.5)
    return file


def lock_file(file):
    try:
        if WINDOWS:
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def make(version, extras):
    """Installs what the extras need into the environment, which is made first when ``version`` is None."""
    try:
        if version is None:
            version = make_empty()
        else:
            say("bringing the environment in .venv up to date")
            if os.path.exists(STAMP):
                os.remove(STAMP)
            write(UNFINISHED, "")
        try:
            has = install(extras)
        except EnvironmentFailure:
            os.remove(UNFINISHED)  # pip has taken back what it could not finish; the next start goes on from here
            raise
        warm_kernels()
        write(STAMP, stamp_text(version, has))
        os.remove(UNFINISHED)
    except OSError as error:
        raise EnvironmentFailure(f"cannot make the environment in .venv: {error}") from error


def make_empty():
    """Makes ``.venv`` with nothing but pip, over whatever broken rest stands there; returns its (major, minor)."""
    import find_python

    try:
        command, version = find_python.find_python(VENV)
    except find_python.NoPythonFailure as failure:
        raise EnvironmentFailure(str(failure)) from failure
    remove_rest()
    say(f"first start: making a Python {version} environment in .venv (once; needs the network)")
    os.mkdir(VENV)
    write(UNFINISHED, "")
    code, output = run([*command, "-I", "-m", "venv", VENV], "environment")
    if code:
        raise EnvironmentFailure(f"{' '.join(command)} -m venv failed: {last_line(output)}")
    return find_python.minor_version(version)


def remove_rest():
    """Removes an environment that does not work; a folder or file of that name that is none is left alone."""
    import shutil

    if not os.path.lexists(VENV):
        return
    ours = [os.path.join(VENV, "pyvenv.cfg"), STAMP, UNFINISHED]
    if os.path.islink(VENV) or not os.path.isdir(VENV) or (os.listdir(VENV) and not any(map(os.path.exists, ours))):
        raise EnvironmentFailure(f"{VENV} is in the way and no Python environment; move it away")
    say("the environment in .venv is broken or unfinished; making it anew")
    shutil.rmtree(VENV)


def install(extras):
    """Installs the project in editable form, in steps; returns the extras, in order, that are there now."""
    if run([PYTHON, "-I", "-m", "pip", "--version"])[0]:
        run([PYTHON, "-I", "-m", "ensurepip"])
    # here, and not in pip's isolated build: so that installing the project anew needs no network
    pip_install(["hatchling>=1.21", "editables"], "build tool")
    needed = [extra for extra in extras if extra not in OPTIONAL_EXTRAS]
    pip_install(project_with(needed), "packages")
    for extra in extras:
        if extra in OPTIONAL_EXTRAS:
            try:
                pip_install(project_with([extra]), "real programs to test against")
            except EnvironmentFailure as failure:
                if "No matching distribution" not in str(failure):
                    raise
                say(f"{failure}; the tests that need it are skipped")
    return extras


def project_with(extras):
    """Arguments of pip, which runs in ROOT."""
    return ["--no-build-isolation", "--editable", f".[{','.join(extras)}]"]


def pip_install(arguments, what, python=None):
    """Installs with pip into the project's environment, or into that of another Python. Raises EnvironmentFailure."""
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location", "--prefer-binary"]
    code, output = run([python or PYTHON, "-I", "-m", "pip", "install", *quiet, *arguments], what)
    if code:
        meanings = [meaning for sign, meaning in PIP_TROUBLES if sign in output]
        reason = meanings[0] if meanings else last_line(output)
        raise EnvironmentFailure(f"installing the {what} failed: {reason}")


def warm_kernels():
    """Compiles the kernels once, so that no user waits for it; without them the library takes its numpy path."""
    code, output = run([PYTHON, "-I", "-m", "MultiLabelSegLib.compiled"], "compiled kernels")
    if code:
        say(f"kernels could not be compiled, large files will be slower: {last_line(output)}")


def run(command, what=None):
    """Runs a command with its output kept back; says what was done and its seconds. Returns (exit code, output)."""
    import subprocess
    import tempfile
    import time

    start = time.time()
    counting = what is not None and sys.stderr.isatty()
    with tempfile.TemporaryFile() as log:
        # the lock goes on to the child: if this process is killed, the next start waits until the child is gone
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=clean_variables(),
            close_fds=False,
        )
        try:
            while process.poll() is None:
                if counting:
                    sys.stderr.write(f"\r{speaker}: {what} ... {time.time() - start:.0f} s")
                    sys.stderr.flush()
                time.sleep(0.1)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if counting:
                sys.stderr.write("\r\033[K")
        log.seek(0)
        output = log.read().decode("utf-8", "replace")
    if what is not None and process.returncode == 0:
        say(f"{what}: {time.time() - start:.0f} s")
    return process.returncode, output


def last_line(output):
    """The last line of a program's output that names an error, else the last that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR: ") or "Error: " in line]
    return (errors or lines or ["no message"])[-1]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
