"""The real Supervisely SDK for the tests, in an environment of its own: it pins packages that the project does not.

``.venv-supervisely/installed.txt`` says for which project folder, Python and requirements it was made, and with which
packages; while that is true a start costs a few milliseconds and never asks the network. Where the SDK cannot be
installed the tests that need it are skipped: ``failed.txt`` keeps the reason, and for a day nothing is tried again
(in CI every time). With MLSEG_SUPERVISELY_PYTHON set to another Python that has the SDK, nothing is made here.
"""

import ast
import os
import re
import time

import environment

VENV = os.path.join(environment.ROOT, ".venv-supervisely")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if environment.WINDOWS else ("bin", "python")))
STAMP = os.path.join(VENV, "installed.txt")
FAILED = os.path.join(VENV, "failed.txt")
#: the extra of pyproject.toml that lists what it holds
EXTRA = "sly-oracle"
#: names another Python that has the SDK
OVERRIDE = "MLSEG_SUPERVISELY_PYTHON"
#: tells the tests why the SDK is not there
REASON = "MLSEG_SUPERVISELY_MISSING"
#: seconds after which a failed installation is tried again
_PATIENCE = 24 * 3600


def ensure():
    """Makes the environment when something is missing; a failure is said, and noted for the tests, but is no end."""
    if os.environ.get(OVERRIDE):
        return
    if is_current():
        return
    reason = remembered_failure()
    if reason is None:
        reason = make()
    if reason:
        os.environ[REASON] = reason
        environment.say(f"the Supervisely SDK is missing, its tests are skipped: {reason}")


def requirements():
    """What the extra of pyproject.toml lists; an array of texts, one a line, is the same in TOML and in Python."""
    found = re.search(rf"^{re.escape(EXTRA)} = (\[\n.*?^\])", environment.read(environment.PYPROJECT), re.M | re.S)
    if found is None:
        raise environment.EnvironmentFailure(f"pyproject.toml has no extra {EXTRA}")
    return list(ast.literal_eval(found.group(1)))


def version():
    """The Python of the project's own environment, such as "3.12"; this one is built on the same."""
    return (environment.read(environment.STAMP).split("\n") + [""])[1]


def wanted():
    """What the environment is made for, as the stamp begins: folder, Python, requirements."""
    return "\n".join([environment.ROOT, version(), " ".join(requirements())])


def installed_packages():
    """The names of the packages' metadata folders, sorted."""
    library = ("Lib",) if environment.WINDOWS else ("lib", f"python{version()}")
    try:
        names = os.listdir(os.path.join(VENV, *[*library, "site-packages"]))
    except OSError:
        return []
    return sorted(name for name in names if name.endswith(".dist-info"))


def is_current():
    """Whether the environment was made for exactly this and has lost no package."""
    text, _, packages = environment.read(STAMP).rpartition("\n")
    return bool(text) and text == wanted() and set(packages.split()) <= set(installed_packages())


def remembered_failure():
    """Why the last installation failed, if that was lately and nothing has changed since; else None."""
    text, _, reason = environment.read(FAILED).rpartition("\n")
    try:
        age = time.time() - os.path.getmtime(FAILED)
    except OSError:
        return None
    return reason if text == wanted() and age < _PATIENCE and not os.environ.get("CI") else None


def make():
    """Makes the environment anew; returns why that failed, or an empty text."""
    lock = environment.take_lock()
    try:
        if is_current():
            return ""  # another start made it while this one waited
        remove_rest()
        environment.say("making an environment for the Supervisely SDK in .venv-supervisely (once; 850 MB)")
        try:
            install()
        except environment.EnvironmentFailure as failure:
            remove_rest()
            os.mkdir(VENV)
            environment.write(FAILED, wanted() + "\n" + str(failure))
            return str(failure)
        environment.write(STAMP, wanted() + "\n" + " ".join(installed_packages()))
        return ""
    except environment.EnvironmentFailure as failure:
        return str(failure)
    except OSError as error:
        return f"cannot make .venv-supervisely: {error}"
    finally:
        lock.close()


def remove_rest():
    """Removes what was made before; a folder of that name that was not made here is left alone."""
    import shutil

    if not os.path.lexists(VENV):
        return
    ours = [os.path.join(VENV, "pyvenv.cfg"), FAILED]
    if os.path.islink(VENV) or not os.path.isdir(VENV) or (os.listdir(VENV) and not any(map(os.path.exists, ours))):
        raise environment.EnvironmentFailure(f"{VENV} is in the way and no Python environment; move it away")
    shutil.rmtree(VENV)


def install():
    """An environment on the Python of the project's own, with the requirements. Raises EnvironmentFailure."""
    code, output = environment.run([environment.PYTHON, "-I", "-m", "venv", VENV], "environment of the SDK")
    if code:
        raise environment.EnvironmentFailure(environment.last_line(output))
    environment.pip_install(requirements(), "Supervisely SDK", PYTHON)
    code, output = environment.run([PYTHON, "-I", "-c", "import nibabel, supervisely"], "first import of the SDK")
    if code:
        raise environment.EnvironmentFailure(f"it cannot be imported: {environment.last_line(output)}")
