"""The context menu: what it offers, the forms of its items, and that each does what it says, undoable."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from MultiLabelSegLib.core.annotations import made_by, notes_of, review_status
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.errors import LockedError, OptionError, ToolError, UnknownLabelError
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.tools.catalog import tool_class, tool_names
from MultiLabelSegLib.ui.menus.items import MenuItem
from MultiLabelSegLib.ui.presenter import Presenter
from Testing.ui.panel_cases import a_document, a_presenter, an_image, wait_for


def flat(items: Sequence[MenuItem]) -> Iterator[MenuItem]:
    for item in items:
        yield item
        yield from flat(item.children)


def items_of(presenter: Presenter, *keys: str) -> dict[str, MenuItem]:
    return {item.id: item for item in flat(presenter.labels.menu(keys))}


def test_the_menu_of_a_label_offers_every_tool_on_labels_with_a_form() -> None:
    items = items_of(a_presenter(a_document()), "l1")

    missing = [
        name
        for name in tool_names()
        if tool_class(name).scope == "post"
        and f"tool:{name}" not in items
        and name not in ("autocrop", "resample", "to_dynamic", "to_static")
    ]
    assert missing == []
    fields = {field.name: field for field in items["tool:dilate"].fields}
    assert (fields["radius"].kind, fields["radius"].minimum, fields["radius"].unit) == ("int", 1, "voxels")
    assert fields["inside"].choices[0].title == "Liver (1) - Group 1"
    assert "labels" not in fields


def test_items_that_are_not_possible_say_why() -> None:
    presenter = a_presenter(a_document())

    one, all_of_it = items_of(presenter, "l1"), items_of(presenter, "g0", "g1")

    assert (one["merge"].enabled, one["merge"].reason) == (False, "select two labels or more")
    assert one["tool:union"].reason == "select two labels or more"
    assert one["tool:mask_image"].reason == "there is no image"
    assert one["lock"].reason == "already locked"
    assert all_of_it["remove_group"].reason == "the last group cannot be removed"
    with pytest.raises(ToolError, match="Merge: select two labels"):
        presenter.labels.run_menu("merge", ["l1"])
    with pytest.raises(OptionError, match="menu item"):
        presenter.labels.run_menu("remove_group", ["l1"])


@pytest.mark.parametrize(
    ("item", "keys", "values"),
    [
        ("rename", ["l1"], {"name": "Leber"}),
        ("add_instance", ["l1"], {}),
        ("solo", ["l1"], {}),
        ("opacity", ["c0::Rib"], {"opacity": 20}),
        ("color", ["l1", "l4"], {"color": (0.0, 1.0, 0.0)}),
        ("show", ["c0::Rib"], {}),
        ("hide", ["f0:Organs"], {}),
        ("hide_others", ["l1"], {}),
        ("show_all", [], {}),
        ("unlock", ["g0"], {}),
        ("lock_others", ["l1"], {}),
        ("notes", ["l1"], {"notes": "check"}),
        ("review", ["l1"], {"status": "completed"}),
        ("description", ["l1"], {"description": "d"}),
        ("tracking", ["l1"], {"tracking_id": "T1"}),
        ("maker", ["l1"], {"kind": "AUTOMATIC", "tool": "net"}),
        ("property", ["l1"], {"key": "a", "text": "b"}),
        ("erase", ["l1"], {}),
        ("merge", ["l1", "l2"], {"locks": "ignore", "remove": True}),
        ("swap", ["l1", "l2"], {}),
        ("copy", ["l1", "l2"], {}),
        ("copy", ["l1"], {"group": 1, "locks": "ignore"}),
        ("move", ["l7"], {"group": -1}),
        ("folder", ["l1"], {"folder": "A/B"}),
        ("value", ["l1"], {"value": 40}),
        ("renumber", ["c0::Rib"], {"first": 100}),
        ("add_label", ["g1"], {}),
        ("add_group", [], {}),
        ("group_down", ["g0"], {}),
        ("clear_group", ["g0"], {}),
        ("lock_space", [], {}),
        ("wrap_folder", ["f0:Organs"], {"name": "Inner"}),
        ("dissolve_folder", ["f0:Organs"], {}),
        ("remove", ["c0::Rib"], {}),
        ("remove_group", ["g1"], {}),
    ],
)
def test_every_item_changes_the_document_in_one_step_that_can_be_undone(
    item: str, keys: list[str], values: dict[str, Any]
) -> None:
    presenter = a_presenter(a_document())
    before = a_document()
    document = presenter.session.need().document
    before.uid = document.uid

    presenter.labels.run_menu(item, keys, **values)

    assert len(presenter.steps.entries()) == 1
    assert not compare(before, document).identical or before.unlabeled_locked != document.unlabeled_locked
    presenter.steps.undo()
    assert compare(before, document).identical
    assert before.unlabeled_locked == document.unlabeled_locked


def test_annotations_can_be_read_back() -> None:
    presenter = a_presenter(a_document())
    presenter.labels.run_menu("notes", ["l1"], notes="check the rim")
    presenter.labels.run_menu("review", ["l1"], status="flagged", reviewer="AB")
    presenter.labels.run_menu("maker", ["l1"], kind="AUTOMATIC", tool="net")

    label, row = presenter.session.need().document.label(1), presenter.labels.row("l1")

    assert (notes_of(label), review_status(label), row.comment, row.status) == (*["check the rim", "flagged"] * 2,)
    made = made_by(label)
    assert made is not None
    assert (made.tool, made.kind) == ("net", "AUTOMATIC")


def test_a_move_that_locks_would_cut_is_refused_and_nothing_changes() -> None:
    presenter = a_presenter(a_document())
    presenter.labels.set_locked([7], True)

    with pytest.raises(LockedError, match="Tumör"):
        presenter.labels.run_menu("move", ["l1"], group=1)

    assert presenter.steps.entries() == ["Lock Tumör"]


def test_a_label_of_several_parts_is_split_into_instances() -> None:
    presenter = a_presenter(a_document())
    presenter.labels.set_locked([2, 3], False)
    presenter.labels.run_menu("merge", ["l2", "l3"], into=2)

    presenter.labels.run_menu("split", ["l2"])

    assert presenter.session.need().document.voxels(2) == 2
    assert presenter.labels.row("c0::Rib").values == (2, 3, 8)


def test_a_tool_runs_in_the_background_as_one_step_and_tells_what_locks_kept() -> None:
    host = HeadlessHost({"CT": an_image()})
    presenter = a_presenter(a_document(), host)
    document = presenter.session.need().document

    presenter.labels.run_menu("tool:dilate", ["l1"], radius=1)
    assert document.voxels(1) == 5
    wait_for(host)

    assert document.voxels(1) > 5
    assert len(presenter.steps.entries()) == 1
    assert "protected by locks (Rib [2]" in host.messages[-1].text


def test_a_tool_whose_document_changed_meanwhile_is_run_again_on_what_is_there_now() -> None:
    host = HeadlessHost()
    presenter, expected = a_presenter(a_document(), host), a_presenter(a_document(), HeadlessHost())
    expected.labels.erase([2])
    expected.labels.run_menu("tool:dilate", ["l1"])
    wait_for(expected.host)  # type: ignore[arg-type]

    presenter.labels.run_menu("tool:dilate", ["l1"])
    presenter.labels.erase([2])
    wait_for(host)

    assert presenter.steps.entries() == expected.steps.entries()
    found, wanted = presenter.session.need().document, expected.session.need().document
    assert found.voxels(1) == wanted.voxels(1) > 5
    assert (found.group(0).array == wanted.group(0).array).all()
    assert sum("done again with what is there now" in message.text for message in host.messages) == 1


def test_a_tool_waits_for_the_end_of_the_drawing_however_long_it_lasts() -> None:
    host = HeadlessHost()
    presenter = a_presenter(a_document(), host)
    presenter.labels.run_menu("tool:dilate", ["l1"])
    for value in (2, 3, 4, 7):
        presenter.labels.erase([value])
        while host.is_busy and not host.pump():
            time.sleep(0.002)
        assert presenter.session.need().document.voxels(1) == 5
    wait_for(host)
    assert presenter.session.need().document.voxels(1) > 5
    assert len(presenter.steps.entries()) == 5
    assert sum("done again" in message.text for message in host.messages) == 1


def test_a_tool_whose_label_is_gone_meanwhile_says_so() -> None:
    host = HeadlessHost()
    presenter = a_presenter(a_document(), host)
    presenter.labels.run_menu("tool:dilate", ["l1"])
    presenter.labels.remove([1])
    with pytest.raises(UnknownLabelError):
        wait_for(host)


def test_a_tool_whose_document_was_closed_meanwhile_does_nothing_and_says_so() -> None:
    host = HeadlessHost()
    presenter = a_presenter(a_document(), host)
    presenter.labels.run_menu("tool:dilate", ["l1"])
    presenter.data.close(discard=True)
    with pytest.raises(ToolError, match="CT-labels was closed meanwhile; nothing was done"):
        wait_for(host)


def test_post_processing_is_cancelled_and_not_begun_again() -> None:
    host = HeadlessHost()
    presenter = a_presenter(a_document(), host)
    presenter.labels.run_menu("tool:dilate", ["l1"])
    presenter.labels.erase([2])
    presenter.session.cancel()
    wait_for(host)
    assert presenter.steps.entries() == ["Clear Rib"]
    assert presenter.session.need().document.voxels(1) == 5


def test_cropping_leaves_the_image_and_is_offered_a_way_back() -> None:
    host = HeadlessHost({"CT": an_image()})
    presenter = a_presenter(a_document(), host)
    presenter.data.select_image("CT")
    presenter.labels.remove([4, 2, 3])

    presenter.labels.run_menu("tool:autocrop", [])
    wait_for(host)

    assert presenter.session.need().document.geometry.shape == (1, 1, 5)
    offer = presenter.data.offer()
    assert offer is not None
    assert "fit" in [choice.id for choice in offer.choices]
    presenter.steps.undo()
    assert presenter.data.offer() is None


def test_spacings_are_typed_as_three_numbers() -> None:
    host = HeadlessHost()
    presenter = a_presenter(a_document(), host)

    presenter.labels.run_menu("tool:resample", [], spacing="0.5, 0.5 2")
    wait_for(host)

    assert presenter.session.need().document.geometry.shape == (3, 8, 10)
    with pytest.raises(OptionError, match="three numbers"):
        presenter.labels.run_menu("tool:resample", [], spacing="small")


def test_labels_are_copied_into_another_open_segmentation() -> None:
    presenter = a_presenter(a_document())
    target = presenter.session.need()
    presenter.labels.remove([7])
    presenter.session.add_document(a_document(), "second")

    presenter.labels.run_menu("transfer", ["l7", "l1"], to=target.id)

    assert (target.document.voxels(7), target.document.label(7).name) == (2, "Tumör")
    assert target.history.undo_titles[0] == "Labels from second: 2"
