"""Short forms of what was discovered, to compare by eye."""

from __future__ import annotations

from MultiLabelSegLib.datasets.supervisely.discovery.cases import Case, Cases


def masks_of(cases: Cases) -> dict[str, list[str]]:
    """Source -> paths of its masks."""
    return {case.source: [mask.path for mask in case.masks] for case in cases.cases}


def case_of(cases: Cases, source: str) -> Case:
    """The case with this source."""
    found = [case for case in cases.cases if case.source == source]
    assert len(found) == 1, f"{source}: {len(found)} cases"
    return found[0]


def class_ids(case: Case) -> dict[str, int]:
    """Path -> class number of the instance masks."""
    return {mask.path: mask.class_id for mask in case.masks if mask.mode == "instance"}


def reasons(cases: Cases) -> dict[str, str]:
    """Path -> why it was left out; every path once."""
    found = {remark.path: remark.reason for remark in cases.left_out}
    assert len(found) == len(cases.left_out)
    return found


def notes(cases: Cases) -> dict[str, str]:
    """Path -> all that was noted about it."""
    found: dict[str, str] = {}
    for remark in cases.notes:
        found[remark.path] = found.get(remark.path, "") + remark.reason
    return found
