"""The post-processing tools as menu actions, with forms generated from their parameters; they run in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...edit import Command
from ...errors import OptionError, ToolError
from ...host.base import Level, Progress
from ...tools.base import Draft, ImageResult, Scene, propose
from ...tools.catalog import tool_class, tool_names
from ...tools.parameters import made_from
from ..field_making import NUMBERS, parameter_fields
from ..fields import Field
from ..frozen import frozen_scene, stopping
from ..messages import outcome
from ..session import Session
from .items import Action, Chosen, Given

#: parameters that are set in another way or are for scripts alone
_SKIPPED = frozenset(("labels", "bounds"))
_ADVANCED = frozenset(("inside", "outside", "intensity_lower", "intensity_upper", "merge", "locks", "connectivity"))
#: tools on the whole segmentation, whatever is selected
WHOLE = ("autocrop", "resample", "to_dynamic", "to_static")
_BOOLEAN = ("union", "intersection", "difference")


def post_tools() -> tuple[str, ...]:
    """The tools that work on labels that are there already, in the order of menus."""
    return tuple(name for name in tool_names() if tool_class(name).scope == "post" and name not in WHOLE)


def tool_action(name: str) -> Action:
    """A tool as an action."""
    kind = tool_class(name)

    def fields(chosen: Chosen) -> tuple[Field, ...]:
        skip = _SKIPPED | ({"frames"} if chosen.document.geometry.time_steps == 1 else set())
        return parameter_fields(kind, skip=skip, advanced=_ADVANCED, labels=chosen.labels)

    def why_not(chosen: Chosen) -> str:
        return _why_not(name, chosen)

    def run(chosen: Chosen, given: Given) -> None:
        run_tool(chosen.session, name, chosen.values, given)

    return Action(f"tool:{name}", f"{kind.title}...", run, fields, why_not)


def _why_not(name: str, chosen: Chosen) -> str:
    frames = chosen.document.geometry.time_steps
    if name in _BOOLEAN and len(chosen.values) < 2:
        return "select two labels or more"
    if name == "mask_image" and chosen.session.image is None:
        return "there is no image"
    if name == "to_static" and frames == 1:
        return "the segmentation is static already"
    if name == "to_dynamic" and frames > 1:
        return "the segmentation is dynamic already"
    return ""


def run_tool(session: Session, name: str, values: tuple[int, ...], given: Given) -> None:
    """Runs a tool on labels in the background, and does what it proposes as one step to undo.

    Raises OptionError for impossible parameters at once. When the document was changed meanwhile, ToolError is raised
    as the background calls back.
    """
    session.collect()
    opened = session.need()
    tool = made_from(tool_class(name), _parameters(name, values, given))
    scene, state = frozen_scene(session.scene()), opened.history.state

    def done(found: tuple[Draft | ImageResult, Command | None]) -> None:
        result, command = found
        for note in result.notes:
            session.tell(Level.INFO, note)
        if command is None or isinstance(result, ImageResult):
            _keep_image(session, result)
        elif opened not in session.documents or opened.history.state != state:
            raise ToolError(f"{tool.title}: the segmentation was changed meanwhile; nothing was done, try it again")
        else:
            opened.history.do(command)
            text = outcome(opened.document, command.resolution)
            if text:
                session.tell(Level.INFO, f"{command.title}: {text}")

    session.run(_work(tool, scene), done)


def _work(tool: Any, scene: Scene) -> Callable[[Progress], tuple[Any, Command | None]]:
    def work(progress: Progress) -> tuple[Any, Command | None]:
        tell = stopping(progress)
        result = propose(tool, scene, lambda fraction: tell(0.8 * fraction))
        if not isinstance(result, Draft):
            return result, None
        return result, result.command(scene.segmentation, lambda fraction: tell(0.8 + 0.2 * fraction))

    return work


def _keep_image(session: Session, result: Any) -> None:
    add_image = getattr(session.host, "add_image", None)
    if add_image is None:
        raise ToolError(f"{result.name}: this program cannot take images")
    add_image(result.image, result.name)
    session.tell(Level.INFO, f"The image {result.name} was added")


def _parameters(name: str, values: tuple[int, ...], given: Given) -> dict[str, Any]:
    known = {key: _typed(key, value) for key, value in _only_set(given).items()}
    if name not in WHOLE:
        known["labels"] = tuple(values)
    return known


def _only_set(given: Given) -> Mapping[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def _typed(key: str, value: Any) -> Any:
    """Three numbers that were typed as text. Raises OptionError."""
    if key not in NUMBERS or not isinstance(value, str):
        return tuple(value) if isinstance(value, list) else value
    try:
        return tuple(float(word) for word in value.replace(",", " ").split())
    except ValueError:
        raise OptionError(key, value, "three numbers, such as 1 1 2.5") from None
