"""What the pages name is there: keys, commands, pictures, links, preferences, tools, actions and benchmarks."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from MultiLabelSegLib.ui.settings.key_bindings import DEFAULTS
from MultiLabelSegLib.workbench.script import read_actions

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md"])
#: what is run by hand, as pages tell
BY_HAND = sorted([*(ROOT / "Testing" / "benchmarks").glob("*.py"), *(ROOT / "Testing" / "fuzz").glob("*.py")])
#: title of an action -> its keys
KEYS = dict(DEFAULTS.values())


def cells(page: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading of a page, without its first two lines."""
    text = (DOCS / page).read_text(encoding="utf-8")
    part = re.split(r"^## ", text.split(f"## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_table_of_keys_is_that_of_the_program() -> None:
    told = {title: key.strip("`") for key, title in cells("from-mitk.md", "Keys")}
    assert told == {title: key for title, key in KEYS.items() if key}


def test_keys_beside_those_of_the_segment_editor_are_ours() -> None:
    rows = cells("from-segment-editor.md", "Keys")
    assert len(rows) > 8
    assert {title: key.strip("`") for _, title, key in rows} == {title: KEYS[title] for _, title, _ in rows}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    from MultiLabelSegLib.cli.main import COMMANDS

    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[`/(])mlseg ([a-z][a-z0-9-]+)", text, flags=re.MULTILINE))
    assert named <= {*COMMANDS}, named - {*COMMANDS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, heading = target.partition("#")
        found = page.parent / path if path else page
        assert found.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert heading in {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}, target


def test_every_picture_of_the_workbench_is_made_by_a_script_and_shown_on_a_page() -> None:
    shown = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    made = {
        Path(str(action["path"])).name
        for script in (DOCS / "scripts").glob("*.json")
        for action in read_actions(script)
        if action["do"] == "screenshot"
    }
    kept = {path.name for path in (DOCS / "images").glob("*-workbench.png")}
    assert kept == made
    assert {name for name in kept if name not in shown} == set()


def test_preferences_of_the_page_from_mitk_are_those_of_the_dialog() -> None:
    from Testing.ui.panel_cases import a_document, a_presenter

    pages = a_presenter(a_document()).preferences.fields()
    titles = {f"{page} > {field.title}" for page, fields in pages.items() for field in fields}
    named = {
        named
        for page in ("from-mitk.md", "tutorial.md")
        for named in re.findall(
            r"\*(?:Preferences > )?((?:Look|New labels) > [^*]+)\*", (DOCS / page).read_text("utf-8")
        )
    }
    assert len(named) >= 6
    assert named <= titles, named - titles


def test_items_of_menus_that_pages_name_exist() -> None:
    from Testing.ui.panel_cases import a_document, a_presenter

    labels = a_presenter(a_document()).labels
    known: set[str] = set()

    def add(items: object) -> None:
        for item in items:  # type: ignore[attr-defined]
            known.add(item.title.replace("...", "…"))
            add(item.children)

    for keys in (("g0",), *((row.key,) for row in labels.rows().rows)):
        add(labels.menu(keys))
    pages = ("from-mitk.md", "from-segment-editor.md", "tutorial.md")
    named = {each for page in pages for each in re.findall(r"\*([A-Z][^*]*…)\*", (DOCS / page).read_text("utf-8"))}
    files = {"Save as…", "Export…"}
    assert len(named) > 8
    assert named - files <= known, named - files - known


def test_screenshots_of_the_catalog_are_pictures_of_the_repository() -> None:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(r'set\(EXTENSION_SCREENSHOTURLS\s+"([^"]+)"', text)
    assert found is not None
    urls = found.group(1).split()
    start = "${raw_files}/"  # where the repository's files are
    assert len(urls) >= 3
    for url in urls:
        assert url.startswith(start), url
        assert (ROOT / url.removeprefix(start)).is_file(), url


def imported(text: str) -> list[tuple[str, str]]:
    """Module and name of everything that a text imports from the library, within code that it holds as text as well."""
    pattern = r"^ *from (MultiLabelSegLib[\w.]*) import (\([^()]*\)|[\w ,]+)"
    found = re.findall(pattern, re.sub(r" *#.*", "", text), flags=re.MULTILINE)
    return [(module, re.split(r"\s+as\s+", name)[0]) for module, names in found for name in listed(names)]


def listed(names: str) -> list[str]:
    return [name.strip() for name in names.strip("()").split(",") if name.strip()]


@pytest.mark.parametrize("script", BY_HAND, ids=lambda script: script.name)
def test_what_benchmarks_and_fuzzers_import_is_there_though_no_test_runs_them(script: Path) -> None:
    for module, name in imported(script.read_text(encoding="utf-8")):
        there = hasattr(importlib.import_module(module), name) or find_spec(f"{module}.{name}")
        assert there, f"{module} has no {name}"
