"""What the tests of label tables share."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from MultiLabelSegLib.formats.label_tables import DIALECTS, LabelTable, TableEntry, read_table, table_text
from MultiLabelSegLib.formats.report import Report

#: names that hurt: quotes, separators, numbers, comments, blanks, Unicode, what means "nothing" or a colour elsewhere
ODD_NAMES = (
    'say "ah"', '"', "'", "it's", "'quoted'", "a,b;c", "tab\tin it", "line\nend\r\n", "7 7 7 7", "# no comment",
    "Lunge_rechts unten", "größe 肝臓 🫀 ß", "\u2028 line \u2029", "n/a", "N/A", "nan", "", " ", " leading",
    "two  blanks", "<b>&amp;</b>", "]]>", "<![CDATA[x]]>", "back\\slash\\n", "back\\", "“curly”", "0", "1.5", "#ff0000",
    "\0", "\x85", "\ud800 lone", "_", "a_b", "%22", "exact name of 3", "true", "-",
    "// no", "trailing ",
)  # fmt: skip


def small() -> LabelTable:
    """Three labels and the usual background."""
    return LabelTable(
        (
            TableEntry(1, "Left lung", (1.0, 0.0, 0.0), 1.0, True),
            TableEntry(2, "Größe", (0.2, 0.4, 0.6), 0.6, False),
            TableEntry(300, "Rib 12", (0.0, 1.0, 0.0), 1.0, True),
        )
    )


def written(table: LabelTable, dialect: str, folder: Path) -> Path:
    """A file with the table, named as we name it beside an image."""
    path = folder / f"case{DIALECTS[dialect].suffix}"
    path.write_text(table_text(table, dialect, path), encoding="utf-8", newline="")
    return path


def read(folder: Path, name: str, content: bytes | str) -> tuple[LabelTable, Report]:
    """The table in a file of this name and content, and what was reported."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    report = Report()
    return read_table(path, report), report


def names(table: LabelTable) -> dict[int, str]:
    """Value -> name."""
    return {entry.value: entry.name for entry in table.entries}


NAMES = st.text(st.characters(), max_size=12) | st.sampled_from(ODD_NAMES)
CHANNELS = st.integers(0, 255).map(lambda byte: byte / 255)


@st.composite
def tables(draw: st.DrawFn) -> LabelTable:
    """Up to eight rows with any names, colours of whole bytes."""
    values = draw(st.lists(st.integers(1, 20) | st.integers(1, 65535), unique=True, max_size=8))
    return LabelTable(
        tuple(
            TableEntry(
                value,
                draw(NAMES),
                (draw(CHANNELS), draw(CHANNELS), draw(CHANNELS)),
                draw(st.sampled_from([0.0, 0.6, 1.0])),
                draw(st.booleans()),
            )
            for value in values
        )
    )
