"""Starts the workbench: with files, with the demo case, or driven by a list of actions to make a picture."""

from __future__ import annotations

import faulthandler
import gc
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import HostError
from .canvas_display import check_qt
from .script import ScriptPlayer, read_actions

_SIZE = (1440, 900)


def run(
    files: Sequence[Path] = (),
    *,
    screenshot: Path | None = None,
    script: Path | None = None,
    size: tuple[int, int] = _SIZE,
    theme: str = "dark",
    journal: Path | None = None,
) -> int:
    """Shows the window until it is closed; with a ``screenshot`` or a ``script`` it closes by itself.

    ``journal`` is the folder of the autosave journals: that of the user's settings unless said otherwise, none for a
    window that closes by itself.
    Returns the exit code. Raises HostError where Qt, a display or the Slicer core is missing, or an action fails;
    FormatError for a script that is none; WriteError for a picture that cannot be written.
    """
    check_qt()
    _tell_crashes()
    actions = () if script is None else read_actions(script)
    from qtpy import QtWidgets

    from ..presets.preference_file import TomlPreferences, config_folder
    from ..ui.qt.errors import desk
    from .main_window import MainWindow

    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([sys.argv[0]])
    is_alone = screenshot is not None or script is not None
    desk.silent = is_alone
    if journal is None and not is_alone:
        journal = config_folder() / "journal"
    window = MainWindow(_memory() if is_alone else TomlPreferences(), journal)
    window.set_theme(theme)
    window.resize(*size)
    window.show()
    window.settle()
    spare_collector()
    open_first(window, files)
    if not is_alone:
        return int(application.exec())
    try:
        play(window, actions)
        if screenshot is not None:
            from .window_pictures import save_picture

            save_picture(window, screenshot)
        if desk.told:
            raise HostError("; ".join(dict.fromkeys(desk.told)))
    finally:
        window.close()
    return 0


def _tell_crashes() -> None:
    """A crash of Qt or VTK says on the error stream where it happened, as far as there is such a stream."""
    with suppress(OSError, ValueError, RuntimeError, AttributeError):
        faulthandler.enable()


def spare_collector() -> None:
    """Takes what the program itself consists of off the rounds of Python's garbage collector.

    A round over all modules and widgets would stop the view for 60 ms, in the middle of a stroke as well. To be called
    before documents are opened: what is taken off is never collected where it lies in a cycle.
    """
    gc.collect()
    gc.freeze()


def open_first(window: Any, files: Sequence[Path]) -> None:
    """Opens the files; without any the real chest CT of the demo where it is installed, else a made-up torso."""
    if files:
        window.open_paths(list(files))
        return
    from ..datasets.demo import sample_folder
    from ..errors import DatasetError

    try:
        folder = sample_folder()
    except DatasetError:
        show_phantom(window)
    else:
        show_chest(window, folder)


def show_chest(window: Any, folder: Path) -> None:
    """Opens the demo's real chest CT with its labels in two groups that overlap."""
    from ..datasets.demo import IMAGE, SAMPLES
    from ..formats.image_io import read_image
    from ..formats.registry import read_segmentation

    image = folder / IMAGE
    document = read_segmentation(folder / list(SAMPLES.values())[-1], reference=image)
    image_id = window.host.add_image(read_image(image), "Chest CT")
    window.presenter.data.select_image(image_id)
    window.presenter.session.add_document(document, "Chest CT-labels", image_id=image_id)


def show_phantom(window: Any) -> None:
    """Opens the made-up case."""
    from ..datasets.phantom import phantom

    image, segmentation = phantom()
    image_id = window.host.add_image(image, "Torso")
    window.presenter.data.select_image(image_id)
    window.presenter.session.add_document(segmentation, "Torso-labels", image_id=image_id)


def play(window: Any, actions: Sequence[Any]) -> None:
    """Plays a list of actions in a window. Raises HostError for the one that fails."""
    ScriptPlayer(window.presenter, commands_of(window), window.settle).play(actions)


def commands_of(window: Any) -> dict[str, Callable[..., Any]]:
    """What a script may do besides the presenter's methods."""
    from .window_input import ViewInput
    from .window_pictures import PictureCommands, save_picture

    views, canvas, pictures = ViewInput(window.canvas), window.canvas, PictureCommands(window)
    return {
        "drag": views.drag,
        "click": views.click,
        "double_click": views.double_click,
        "move": views.move,
        "wheel": views.wheel,
        "key": views.key,
        "show": views.show,
        "zoom": views.zoom,
        "layout": canvas.set_layout,
        "maximise": canvas.maximise,
        "window": canvas.set_window_level,
        "theme": lambda name: window.set_theme(name),
        "jump": lambda point_ijk: canvas.jump_to_ijk(point_ijk),
        "surfaces": canvas.request_surfaces,
        "open": lambda path: window.open_paths([path]),
        "run": lambda action: window.panel.run(action),
        "section": lambda name, is_open=True: window.panel.sections[name].set_open(is_open),
        "tab": lambda name: window.panel.tools.show_tab(name),
        "dialog": pictures.dialog,
        "close_dialogs": pictures.close_dialogs,
        "context_menu": pictures.context_menu,
        "type": pictures.type_text,
        "pick": pictures.pick,
        "press": pictures.press_button,
        "wait": lambda: None,
        "pause": lambda seconds: window.rest(seconds),
        "screenshot": lambda path: save_picture(window, path),
    }


def _memory() -> Any:
    from ..host.headless import MemoryPreferences

    return MemoryPreferences()
