"""Preferences, presets and suggestions from the panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from MultiLabelSegLib.errors import OptionError, PresetError, WriteError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.presets.preferences import known_keys
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.topics import Topic
from Testing.ui.panel_cases import Told, a_document, a_presenter


def test_every_preference_has_one_field_with_title_help_and_default() -> None:
    fields = [field for page in a_presenter().preferences.pages() for field in page.fields]

    assert sorted(field.name for field in fields) == sorted(known_keys())
    assert all(field.title and field.help.endswith(".") for field in fields)
    kinds = {field.name: field.kind for field in fields}
    assert (kinds["outline"], kinds["opacity"], kinds["sam_model"], kinds["label_set_preset"]) == (
        "bool",
        "float",
        "choice",
        "path",
    )


def test_a_preference_is_stored_told_and_shown() -> None:
    host = HeadlessHost()
    presenter = a_presenter(a_document(), host)
    told = Told(presenter)

    presenter.preferences.set("outline", False)
    presenter.preferences.set("opacity", 0.5)

    assert told.topics == [Topic.PREFERENCES] * 2
    assert host.views[0].look == (False, 0.5, True)
    assert Presenter(host).preferences.current.opacity == 0.5
    with pytest.raises(OptionError, match="from 0 to 1"):
        presenter.preferences.set("opacity", 2.0)
    presenter.preferences.reset()
    assert Presenter(host).preferences.current.changed() == {}


def test_a_preset_is_saved_loaded_as_one_step_and_made_the_default(tmp_path: Path) -> None:
    path = tmp_path / "organs.mitklabel.json"
    a_presenter(a_document()).presets.save(path)
    presenter = a_presenter()
    presenter.data.select_image("CT")
    opened = presenter.data.new_segmentation()
    presenter.labels.rename("l1", "Kidney")

    assert presenter.presets.load(path)[0].startswith("changed: 1 labels")
    assert opened.document.values == (1, 2, 3, 4, 7)
    assert presenter.steps.entries()[-1] == "Apply preset organs.mitklabel.json"
    presenter.steps.undo()
    assert [label.name for label in opened.document.labels] == ["Kidney"]
    presenter.presets.make_default(path)
    assert presenter.data.new_segmentation().document.values == (1, 2, 3, 4, 7)
    with pytest.raises(WriteError, match="exists already"):
        presenter.presets.save(path)


def test_a_default_preset_that_cannot_be_read_is_refused_at_once(tmp_path: Path) -> None:
    presenter = a_presenter()

    with pytest.raises(PresetError, match="missing.json"):
        presenter.presets.make_default(tmp_path / "missing.json")
    assert presenter.preferences.current.label_set_preset == ""


def test_suggestions_are_saved_from_labels_and_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "names.json"
    presenter = a_presenter(a_document())
    presenter.presets.save_suggestions(path)

    assert presenter.presets.load_suggestions(path) == 4
    assert [item.name for item in presenter.labels.suggestions("", current="Liver")] == ["Liver"]
    presenter.presets.load_suggestions(None)
    assert len(presenter.labels.suggestions("", limit=200)) > 100


def test_asking_for_names_begins_a_segmentation_without_labels() -> None:
    presenter = a_presenter()
    presenter.data.select_image("CT")
    presenter.preferences.set("default_label_naming", False)

    assert presenter.data.new_segmentation().document.values == ()
    assert presenter.labels.asks_names
    assert presenter.labels.default_label() == ("Label 1", (0.745, 0.0, 0.196))
