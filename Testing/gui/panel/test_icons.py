"""The icons: one set, drawn in the palette's colour by QtSvg, by Qt's plugin, or at least as a letter."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import MultiLabelSegLib
from MultiLabelSegLib.ui.qt import icons
from MultiLabelSegLib.ui.tools.entries import TABS

pytestmark = pytest.mark.qt
LIBRARY = Path(MultiLabelSegLib.__file__).parent
NAMES = sorted(path.stem for path in (LIBRARY / "resources" / "icons").glob("*.svg"))


def colors(pixmap: Any) -> set[str]:
    """The colours of the opaque pixels."""
    image = pixmap.toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    found = [image.pixelColor(x, y) for x, y in places]
    return {color.name() for color in found if color.alpha() > 250}


@pytest.mark.parametrize("name", NAMES)
def test_each_icon_is_of_the_one_set(name: str) -> None:
    root = ElementTree.fromstring(icons.svg_text(name))
    assert root.attrib["viewBox"] == "0 0 24 24"
    assert root.attrib["stroke-width"] == "1.75"
    assert root.attrib["stroke"] == "currentColor"


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"empty", "more"}))
def test_each_icon_shows_its_colour_and_no_other(application: Any, name: str) -> None:
    assert colors(icons.pixmap(name, "#ff0000", 48)) == {"#ff0000"}


def test_every_tool_has_an_icon() -> None:
    from MultiLabelSegLib.external.catalog import PROGRAM_TOOLS
    from MultiLabelSegLib.ui.qt.tool_box import tool_icon

    own = {tool for tools in TABS.values() for tool in tools} - set(PROGRAM_TOOLS)
    assert all(tool_icon(tool) in NAMES and tool_icon(tool) != "ai" for tool in own)
    assert tool_icon("open") != "open"


def test_every_icon_that_the_panel_names_is_there() -> None:
    named = set()
    for path in (LIBRARY / "ui" / "qt").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in ("icon", "icon_button", "sign_label") and isinstance(first, ast.Constant):
                    named.add(first.value)
    assert len(named) > 10
    assert named <= set(NAMES)


def test_without_qtsvg_the_plugin_draws_and_without_that_a_letter(
    application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(icons.qt, "QSvgRenderer", raising=False)
    drawn = icons.pixmap.__wrapped__("paint", "#00ff00", 48)
    assert (drawn.width(), drawn.height()) == (48, 48)
    assert "#00ff00" in colors(drawn)
    monkeypatch.setattr(icons, "_by_plugin", lambda text, size: None)
    assert "#00ff00" in colors(icons.pixmap.__wrapped__("paint", "#00ff00", 48))


def test_icons_follow_the_palette_from_light_to_dark(application: Any) -> None:
    from MultiLabelSegLib.ui.qt.binding import qt

    was = application.palette()
    light, dark = qt.QPalette(was), qt.QPalette(was)
    light.setColor(qt.QPalette.ButtonText, qt.QColor("#202020"))
    dark.setColor(qt.QPalette.ButtonText, qt.QColor("#f0f0f0"))
    try:
        for palette, color in ((light, "#202020"), (dark, "#f0f0f0")):
            application.setPalette(palette)
            assert colors(icons.icon("save").pixmap(60, 60)) == {color}
    finally:
        application.setPalette(was)
