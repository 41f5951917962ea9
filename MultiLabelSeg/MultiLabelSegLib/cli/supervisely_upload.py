"""Upload a volume project to a server, through Supervisely's SDK (the extra `supervisely`)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ..errors import OptionError
from ..external.supervisely_server import upload_project
from .console import Console


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
    """Uploads and says where it went; the token is taken from the environment, so that no history shows it."""
    token = os.environ.get(arguments.token_env, "")
    if not token:
        raise OptionError("token-env", arguments.token_env, "an environment variable that is set")
    with console.progress("upload") as progress:
        sent = 0

        def moved(count: int = 1) -> None:
            nonlocal sent
            sent += count
            progress(0.0, f"{sent} done")

        made = upload_project(arguments.project, arguments.server, token, arguments.workspace, arguments.name, moved)
    console.say(f"uploaded {arguments.project} as project {made.project_id} {made.name!r}")
    return 0
