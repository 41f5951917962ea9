"""Uploading a volume project to a Supervisely server, through Supervisely's own SDK (the extra ``supervisely``)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import DatasetError, ExternalToolError, OptionError

_TOKEN_LENGTH = 128
#: the SDK repeats every request ten times by default, which makes a wrong address a wait of minutes
_TRIES = 3
_NEW_PROJECT = "projects.add"


@dataclass(frozen=True)
class Uploaded:
    """The project that the server made; its name differs where the wanted one was taken.

    ``warnings`` are what the SDK warned of: it goes on when a part of a volume cannot be sent.
    """

    project_id: int
    name: str
    warnings: tuple[str, ...] = ()


def upload_project(
    folder: Path,
    server: str,
    token: str,
    workspace: int | None = None,
    name: str | None = None,
    progress: Callable[[int], object] | None = None,
) -> Uploaded:
    """Uploads a project on disk as a new project of a workspace.

    Without ``workspace`` the only one that the token can see is taken. ``progress`` is called after every request with
    the number of requests so far. Raises DatasetError when the folder is no project, OptionError for a token or
    workspace that cannot be used, ExternalToolError when the SDK is missing or the server refuses; what was sent by
    then is named, as only the server's user can remove it.
    """
    if not (folder / "meta.json").is_file():
        raise DatasetError(f"{folder}: no Supervisely project, there is no meta.json in it")
    token = token.strip()
    if len(token) != _TOKEN_LENGTH:
        expected = f"a token of {_TOKEN_LENGTH} characters, as the server's account page shows it"
        raise OptionError("token", f"{len(token)} characters", expected)
    sdk = _sdk()
    requests = _Requests(progress)
    with _listened(sdk) as said:
        try:
            api = sdk.Api(server, token, retry_count=_TRIES)
            api.post = requests.counted(api.post)
            place = workspace if workspace is not None else _only_workspace(api)
            # without a callback of its own the SDK draws no bars over our output
            made = sdk.upload_volume_project(str(folder.resolve()), api, place, name, False, None)
        except (OptionError, KeyboardInterrupt):
            raise
        except Exception as error:  # the SDK raises requests' errors, RuntimeError, ValueError, KeyError and its own
            lines = [*_lines(error), *requests.left_behind()]
            raise ExternalToolError(f"upload to {server}", 1, lines) from error
    return Uploaded(int(made[0]), str(made[1]), tuple(dict.fromkeys(said)))


@dataclass
class _Requests:
    """Counts the requests of one upload, and notes the project that was begun."""

    progress: Callable[[int], object] | None
    done: int = 0
    begun: list[Any] = field(default_factory=list)

    def counted(self, post: Callable[..., Any]) -> Callable[..., Any]:
        """The SDK's way to the server, counted."""

        def posted(method: str, *arguments: Any, **options: Any) -> Any:
            response = post(method, *arguments, **options)
            self.done += 1
            if method == _NEW_PROJECT:
                self.begun.append(response)
            if self.progress is not None:
                self.progress(self.done)
            return response

        return posted

    def left_behind(self) -> list[str]:
        """A line about a project that is on the server and not whole."""
        if not self.begun:
            return []
        found = self.begun[0].json()
        return [f"project {found.get('id')} {found.get('name')!r} on the server is incomplete; remove it there"]


def _sdk() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module("supervisely")
    except ImportError as error:
        hint = "uploading needs Supervisely's SDK: pip install 'multilabelseg[supervisely]'"
        raise ExternalToolError("import supervisely", 1, [hint, str(error)]) from None


@contextmanager
def _listened(sdk: Any) -> Iterator[list[str]]:
    """What the SDK warns of within the block, which it prints nowhere."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(" ".join(record.getMessage().split()))

    before = sdk.logger.handlers, sdk.logger.level, sdk.logger.propagate
    listener = Listener(logging.WARNING)
    sdk.logger.handlers, sdk.logger.propagate = [listener], False
    sdk.logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield said
    finally:
        sdk.logger.handlers, level, sdk.logger.propagate = before
        sdk.logger.setLevel(level)


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
    text = f"the server's answer lacks {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
    return [line.strip() for line in text.splitlines() if line.strip()][-3:]
