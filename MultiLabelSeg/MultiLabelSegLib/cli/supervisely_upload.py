"""Upload a volume project to a server, through Supervisely's SDK (the extra `supervisely`).

  mlseg supervisely upload PROJECT --server https://app.supervisely.com --token-env SLY_TOKEN

The token is taken from an environment variable, so that no history of commands shows it. Exit codes: 0 done, 3 done
but the SDK warned of something, 1 refused.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ..errors import OptionError
from ..external.supervisely_server import upload_project
from .console import Console, plain

DONE, FAILED, LEFT_OUT = 0, 1, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``mlseg supervisely upload``."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="folder of a volume project")
    parser.add_argument("--server", required=True, metavar="URL", help="address of the server")
    parser.add_argument(
        "--token-env", required=True, metavar="NAME", help="environment variable that holds the API token"
    )
    parser.add_argument("--workspace", type=int, metavar="ID", help="needed when the token sees several")
    parser.add_argument("--name", metavar="NAME", help="name of the new project (that of the folder)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Uploads and says where it went."""
    token = os.environ.get(arguments.token_env, "")
    if not token:
        raise OptionError("token-env", arguments.token_env, "an environment variable that is set")
    try:
        with console.progress("upload") as progress:
            made = upload_project(
                arguments.project,
                arguments.server,
                token,
                arguments.workspace,
                arguments.name,
                lambda requests: progress(0.0, f"{requests} requests"),
            )
    except OptionError as error:
        if error.option == "token-env":
            raise
        console.error(str(error))  # what the server has is not known from the command line: the job failed
        return FAILED
    for text in made.warnings:
        console.warn(f"the SDK warned: {plain(text)}")
    console.say(f"uploaded {arguments.project} as project {made.project_id} {made.name!r}")
    return LEFT_OUT if made.warnings else DONE
