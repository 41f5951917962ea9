"""Makes the project's Python environment when something is missing, then runs a command in it.

    python bootstrap.py mlseg ARGUMENTS...   the command line
    python bootstrap.py test ARGUMENTS...    every test, or those that pytest's arguments name

Both share ``.venv`` at the root of the project (environment.py); find_python.py chooses the Python for it. The tests
have a second one for the real Supervisely SDK (supervisely_sdk.py). Needs the standard library alone and starts with
any Python from 3.6 on. Only the command writes to standard output.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import environment  # noqa: E402

#: command -> extras of pyproject.toml that it needs, arguments for Python
COMMANDS = {
    "mlseg": (("demo", "dicom"), ("-I", "-m", "MultiLabelSegLib")),
    "test": (
        ("demo", "dicom", "cluster", "test", "interop", "workbench", "gui-test"),
        ("-m", "pytest", "-n", "auto", "--maxprocesses", "4"),
    ),
}


def become(python, arguments):
    """Replaces this process by the environment's Python, so that exit code and signals are the command's own."""
    clean = environment.clean_variables()
    if not environment.WINDOWS:
        os.execve(python, [python, *arguments], clean)
    import subprocess

    process = subprocess.Popen([python, *arguments], env=clean)
    while True:
        try:
            sys.exit(process.wait())
        except KeyboardInterrupt:
            continue  # the console sends Ctrl+C to the child too, which decides what to do


def name_missing_libraries():
    """One line for a Linux that lacks what the real programs need; the tests that need it fail by themselves."""
    import system_libraries

    missing = system_libraries.missing_libraries()
    if missing:
        packages = " ".join(system_libraries.DEBIAN_PACKAGES[name] for name in missing)
        environment.say(f"the real programs need {', '.join(missing)}; on Debian: apt-get install {packages}")


def main(arguments):
    if not arguments or arguments[0] not in COMMANDS:
        sys.exit(f"usage: bootstrap.py {'|'.join(COMMANDS)} [ARGUMENTS...]")
    environment.speaker = arguments[0]
    extras, python_arguments = COMMANDS[arguments[0]]
    if arguments[:2] == ["mlseg", "workbench"]:
        extras += ("workbench",)
    try:
        environment.ensure(extras)
    except environment.EnvironmentFailure as failure:
        environment.say(str(failure))
        sys.exit(1)
    except KeyboardInterrupt:
        environment.say("stopped; the next start begins anew")
        sys.exit(130)
    if arguments[0] == "test":
        import supervisely_sdk

        name_missing_libraries()
        supervisely_sdk.ensure()
        os.chdir(environment.ROOT)  # pytest's configuration and test folders count from here
    become(environment.PYTHON, [*python_arguments, *arguments[1:]])


if __name__ == "__main__":
    main(sys.argv[1:])
