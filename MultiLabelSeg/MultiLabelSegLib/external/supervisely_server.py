"""Uploading a volume project to a Supervisely server, through Supervisely's own SDK (the extra ``supervisely``)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import DatasetError, ExternalToolError, OptionError

_TOKEN_LENGTH = 128
#: the SDK repeats every request ten times by default, which makes a wrong address a wait of minutes
_TRIES = 3


@dataclass(frozen=True)
class Uploaded:
    """The project that the server made; its name differs where the wanted one was taken."""

    project_id: int
    name: str


def upload_project(
    folder: Path,
    server: str,
    token: str,
    workspace: int | None = None,
    name: str | None = None,
    progress: Callable[[int], object] | None = None,
) -> Uploaded:
    """Uploads a project on disk as a new project of a workspace.

    Without ``workspace`` the only one that the token can see is taken. ``progress`` is called with the number of
    bytes or items that went out. Raises DatasetError when the folder is no project, OptionError for a token or
    workspace that cannot be used, ExternalToolError when the SDK is missing or the server refuses.
    """
    if not (folder / "meta.json").is_file():
        raise DatasetError(f"{folder}: no Supervisely project, there is no meta.json in it")
    if len(token) != _TOKEN_LENGTH:
        expected = f"a token of {_TOKEN_LENGTH} characters, as the server's account page shows it"
        raise OptionError("token", f"{len(token)} characters", expected)
    sdk = _sdk()
    try:
        api = sdk.Api(server, token, retry_count=_TRIES)
        place = workspace if workspace is not None else _only_workspace(api)
        made = sdk.upload_volume_project(str(folder), api, place, name, False, progress or _nothing)
    except (OptionError, KeyboardInterrupt):
        raise
    except Exception as error:  # the SDK raises requests' errors, RuntimeError, ValueError, KeyError and its own
        raise ExternalToolError(f"upload to {server}", 1, _lines(error)) from error
    return Uploaded(int(made[0]), str(made[1]))


def _sdk() -> Any:
    try:
        sdk = import_module("supervisely")
    except ImportError as error:
        hint = "uploading needs Supervisely's SDK: pip install 'multilabelseg[supervisely]'"
        raise ExternalToolError("import supervisely", 1, [hint, str(error)]) from None
    sdk.logger.setLevel(logging.ERROR)
    return sdk


def _only_workspace(api: Any) -> int:
    """The one workspace that a token sees. Raises OptionError when there are none or several, naming them."""
    found = [(space.id, f"{team.name} / {space.name}") for team in api.team.get_list() for space in _spaces(api, team)]
    if len(found) == 1:
        return int(found[0][0])
    known = "; ".join(f"{identity} ({title})" for identity, title in found) or "none is visible to this token"
    raise OptionError("workspace", None, f"the id of one of these: {known}")


def _spaces(api: Any, team: Any) -> list[Any]:
    return list(api.workspace.get_list(team.id))


def _lines(error: Exception) -> list[str]:
    return [line.strip() for line in (str(error) or type(error).__name__).splitlines() if line.strip()][-3:]


def _nothing(_count: int) -> None:
    return None
