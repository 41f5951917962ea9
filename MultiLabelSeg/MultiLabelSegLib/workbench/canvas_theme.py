"""Colours of the canvas: dark as reading rooms are, or light for print and bright rooms."""

from __future__ import annotations

from dataclasses import dataclass

from .view_geometry import ViewName

Theme = str
#: headers of the views: Slicer's red, green and yellow, calmer
VIEW_COLORS: dict[ViewName, str] = {"axial": "#e5604d", "coronal": "#6cb45a", "sagittal": "#d9b93f"}
VOLUME_COLOR = "#6d8fc7"


@dataclass(frozen=True)
class Colors:
    """Everything that is not data; CSS colours."""

    around: str
    header: str
    picture: str
    text: str
    faint: str
    shadow: str
    line: str
    volume_top: str
    volume_bottom: str


THEMES: dict[Theme, Colors] = {
    "dark": Colors(
        around="#1b1d21",
        header="#25282e",
        picture="#08090b",
        text="#e8eaee",
        faint="#9aa1ad",
        shadow="#000000",
        line="#3a3f48",
        volume_top="#20242c",
        volume_bottom="#0d0f13",
    ),
    "light": Colors(
        around="#d9dce1",
        header="#eef0f3",
        picture="#15171a",
        text="#f2f4f7",
        faint="#5a6270",
        shadow="#000000",
        line="#b9bfc9",
        volume_top="#f3f5f8",
        volume_bottom="#cfd6e0",
    ),
}
