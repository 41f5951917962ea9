"""Which value every class or combination gets, and that label maps come back from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from MultiLabelSegLib.core import Geometry, Group, Label, Segmentation
from MultiLabelSegLib.core.compare import compare
from MultiLabelSegLib.datasets.classes.combining import combine
from MultiLabelSegLib.datasets.classes.examined import Examined, document_of
from MultiLabelSegLib.datasets.classes.plan import ClassPlan, PlanOptions, plan_classes
from MultiLabelSegLib.datasets.classes.restoring import restore
from MultiLabelSegLib.errors import DatasetError
from MultiLabelSegLib.formats.report import Report

SHAPE = (1, 2, 3, 4)
GRID = Geometry.from_parts(SHAPE[1:])


def examined(segmentation: Segmentation) -> Examined:
    return Examined(document_of(segmentation), combine(segmentation.groups).counts())


def a_case(*groups: dict[int, tuple[str, slice]]) -> Segmentation:
    """Groups of value -> (name, voxels along the first row of 24)."""
    made = []
    for labels in groups:
        array = np.zeros(24, np.uint16)
        for value, (_, where) in labels.items():
            array[where] = value
        made.append(Group(array.reshape(SHAPE), [Label(value, name) for value, (name, _) in labels.items()]))
    return Segmentation(GRID, made)


def plan_of(*cases: Segmentation, report: Report | None = None, **options: object) -> ClassPlan:
    known = {f"c{number}": examined(case) for number, case in enumerate(cases)}
    return plan_classes(known, replace(PlanOptions(), **options), report or Report())


def label_map(case: Segmentation, plan: ClassPlan) -> np.ndarray:
    found = combine(case.groups)
    names = {label.value: label.name for label in case.labels}
    return found.translated({each: plan.code_of(frozenset(names[v] for v in each)) for each in found.members})


def test_classes_are_numbered_from_1_in_the_order_of_their_lowest_values() -> None:
    first = a_case({29: ("Spleen", slice(0, 2)), 35: ("Liver", slice(2, 4))})
    second = a_case({2: ("Liver", slice(0, 1)), 9: ("Kidney", slice(1, 2))})
    plan = plan_of(first, second)
    assert dict(plan.codes) == {1: ("Liver",), 2: ("Kidney",), 3: ("Spleen",)}
    assert plan.regions == {}
    assert label_map(first, plan).ravel()[:5].tolist() == [3, 3, 1, 1, 0]


def test_values_1_and_3_painted_in_any_order_keep_their_names() -> None:
    case = a_case({3: ("late", slice(0, 1)), 1: ("early", slice(1, 2))})
    assert dict(plan_of(case).codes) == {1: ("early",), 2: ("late",)}


def test_the_schema_gives_the_order_and_names_that_no_case_has() -> None:
    report = Report()
    plan = plan_of(a_case({5: ("b", slice(0, 1))}), report=report, schema=("c", "b", "a"))
    assert dict(plan.codes) == {1: ("c",), 2: ("b",), 3: ("a",)}
    assert "no case has 'c', 'a'" in str(report.notes[0])


def test_nested_regions_get_values_and_an_order_from_outside_to_inside() -> None:
    case = a_case(
        {1: ("whole tumour", slice(0, 12))}, {2: ("core", slice(2, 8))}, {4: ("enhancing", slice(4, 6))}
    )  # fmt: skip
    plan = plan_of(case)
    assert dict(plan.codes) == {
        1: ("whole tumour",),
        2: ("whole tumour", "core"),
        3: ("whole tumour", "core", "enhancing"),
    }
    assert dict(plan.regions) == {"whole tumour": (1, 2, 3), "core": (2, 3), "enhancing": (3,)}
    assert plan.order == (1, 2, 3)


def test_the_order_is_from_outside_to_inside_whatever_the_values() -> None:
    case = a_case({9: ("whole", slice(0, 12))}, {1: ("inner", slice(2, 8))})
    plan = plan_of(case)
    assert list(plan.regions) == ["whole", "inner"]
    assert plan.codes[plan.order[1]] == ("inner", "whole")


def test_regions_that_overlap_partly_are_noted() -> None:
    report = Report()
    plan_of(a_case({1: ("a", slice(0, 8))}, {2: ("b", slice(4, 12))}), report=report)
    assert "neither contains the other" in str(report.notes[0])


def test_ignored_voxels_get_the_highest_value_and_what_lies_under_them_is_told() -> None:
    report = Report()
    case = a_case({1: ("a", slice(0, 4))}, {2: ("unsure", slice(3, 6))})
    plan = plan_of(case, report=report, ignore="unsure")
    assert (plan.classes, plan.ignore_code) == (("a",), 2)
    assert label_map(case, plan).ravel()[:7].tolist() == [1, 1, 1, 2, 2, 2, 0]
    assert "1 voxels of 'a' lie under the label to be ignored" in str(report.left_out[0])


@pytest.mark.parametrize(
    ("cases", "options", "expected"),
    [
        ([{1: ("Liver", slice(0, 1))}, {1: ("liver", slice(0, 1))}], {}, "in 2 ways: 'Liver' in c0 and 'liver' in c1"),
        ([{1: ("left kidney", slice(0, 1)), 2: ("Left_Kidney", slice(1, 2))}], {}, "spelled in 2 ways"),
        ([{1: ("object-1", slice(0, 1))}, {1: ("object-01", slice(0, 1))}], {}, "spelled in 2 ways"),
        ([{1: ("background", slice(0, 1))}], {}, "the name 'background', which the target needs itself, in c0"),
        ([{1: ("", slice(0, 1))}], {}, "a label without a name (value 1) in c0"),
        ([{1: ("cyst", slice(0, 1)), 2: ("cyst", slice(1, 2))}], {}, "several labels named 'cyst' in c0 (--instances"),
        ([{1: ("a", slice(0, 1))}], {"schema": ("b",)}, "the name 'a', which the schema does not know, in c0"),
        ([{1: ("a", slice(0, 1))}], {"ignore": "b"}, "no label named 'b' to be ignored; there are 'a'"),
    ],
)  # fmt: skip
def test_labels_that_do_not_fit_together_are_listed(cases: list, options: dict, expected: str) -> None:
    with pytest.raises(DatasetError) as caught:
        plan_of(*(a_case(labels) for labels in cases), **options)
    assert expected in str(caught.value)


def test_instances_become_one_class_on_request() -> None:
    case = a_case({1: ("cyst", slice(0, 1)), 2: ("cyst", slice(1, 3))})
    plan = plan_of(case, merge_instances=True)
    assert label_map(case, plan).ravel()[:4].tolist() == [1, 1, 1, 0]


def test_overlaps_are_refused_where_the_target_has_none() -> None:
    with pytest.raises(DatasetError, match=r"labels overlap.*a \+ b \(4 voxels in c0\)"):
        plan_of(a_case({1: ("a", slice(0, 8))}, {2: ("b", slice(4, 12))}), regions=False)


def test_labels_that_always_coincide_are_refused() -> None:
    with pytest.raises(DatasetError, match="'a' and 'b' are the same voxels in every case"):
        plan_of(a_case({1: ("a", slice(0, 8))}, {2: ("b", slice(0, 8))}))


def test_more_than_255_classes_or_combinations_are_refused() -> None:
    many = Group(np.zeros(SHAPE, np.uint8), [Label(value, f"n{value}q") for value in range(1, 257)])
    with pytest.raises(DatasetError, match="256 classes need 256 values, more than 255"):
        plan_of(Segmentation(GRID, [many]))
    rows, columns = np.meshgrid(np.arange(1, 18, dtype=np.uint8), np.arange(101, 118, dtype=np.uint8))
    crossing = [
        Group(rows[None, None], [Label(value, f"row {value}x") for value in range(1, 18)]),
        Group(columns[None, None], [Label(value, f"column {value}x") for value in range(101, 118)]),
    ]
    with pytest.raises(DatasetError, match=r"289 combinations of labels \(.*and 283 more\) need 289 values"):
        plan_of(Segmentation(Geometry.from_parts((1, 17, 17)), crossing))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(hnp.arrays(np.uint8, SHAPE, elements=st.integers(0, 2)), min_size=1, max_size=3),
        min_size=1, max_size=3,
    ),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_every_case_comes_back_exactly_from_its_label_map(cases: list[list[np.ndarray]], random: object) -> None:
    """Any overlaps, any values, any subset of labels: names, values and groups are those of each case."""
    made = []
    for arrays in cases:
        values = random.sample(range(1, 60000), 2 * len(arrays))  # type: ignore[attr-defined]
        groups = []
        for index, array in enumerate(arrays):
            own = np.array([0, *values[2 * index : 2 * index + 2]], np.uint16)
            labels = [Label(values[2 * index + n], f"class {index} {'xy'[n]}") for n in range(2)]
            groups.append(Group(own[array], labels, f"group {index}"))
        made.append(Segmentation(GRID, groups, properties={"a": 1.5}))
    try:
        plan = plan_of(*made)
    except DatasetError as error:
        assume("are the same voxels in every case" not in str(error))
        raise
    plan = ClassPlan.from_json(plan.as_json())
    for case in made:
        flat = label_map(case, plan)
        assert flat.max(initial=0) <= max(plan.codes, default=0)
        back = restore(flat, GRID, plan, document_of(case), Report())
        assert compare(case, back).identical
        again = restore(flat, GRID, plan, None, Report())
        for label in case.labels:
            if case.voxels(label.value):
                assert np.array_equal(again.mask(label.name), case.mask(label.name))


def test_values_that_nothing_explains_become_labels() -> None:
    plan = plan_of(a_case({40: ("Liver", slice(0, 2))}))
    report = Report()
    back = restore(np.full(SHAPE, 9, np.uint8), GRID, plan, None, report)
    assert {label.name: back.voxels(label.value) for label in back.labels} == {"Liver": 0, "object-9": 24}
    assert "the value 9 is none of the data set's" in str(report.notes[0])


def test_merged_instances_come_back_as_one_label_with_a_note() -> None:
    case = a_case({1: ("cyst", slice(0, 1)), 2: ("cyst", slice(1, 3))})
    plan, report = plan_of(case, merge_instances=True), Report()
    back = restore(label_map(case, plan), GRID, plan, document_of(case), report)
    assert [(label.value, back.voxels(label.value)) for label in back.labels] == [(1, 3)]
    assert "2 labels named 'cyst' were made one class" in str(report.notes[0])


def test_the_data_set_as_a_whole_keeps_overlapping_classes_apart() -> None:
    first = a_case({1: ("a", slice(0, 8)), 2: ("b", slice(8, 9))})
    second = a_case({1: ("a", slice(0, 8))}, {2: ("b", slice(4, 12))})
    plan = plan_of(first, second)
    names = [[label["name"] for label in group["labels"]] for group in plan.groups if group]
    assert names == [["a"], ["b"]]
