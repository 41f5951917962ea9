"""Which value every class, or every combination of classes, has in the label maps of a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.naming import free_value
from ...errors import DatasetError
from ...formats.label_json import GroupEntry, group_to_json
from ...formats.report import Report
from .examined import Examined
from .naming import NameUse, names_used, shown, spelling_variants

#: a byte a voxel, as nnU-Net and its kind expect
MAX_CODE = 255
BACKGROUND, IGNORE = "background", "ignore"


@dataclass(frozen=True)
class PlanOptions:
    """``ignore`` is the name of the label whose voxels are not to be learned from. ``merge_instances`` makes labels of
    one name one class. ``schema`` are the only names that are allowed, in their order. ``regions`` permits overlaps."""

    ignore: str = ""
    merge_instances: bool = False
    schema: tuple[str, ...] = ()
    regions: bool = True
    schema_title: str = ""


@dataclass(frozen=True)
class ClassPlan:
    """``classes`` in their order; ``codes`` value -> the classes that it stands for; ``ignore`` the ignored class.

    ``regions`` are the values of each class where labels overlap, ``order`` the value that a prediction gets for each
    (nnU-Net's ``regions_class_order``); both are empty where every class has a value of its own. ``groups`` describe
    the labels as they were: names, values, colours, groups.
    """

    classes: tuple[str, ...]
    codes: Mapping[int, tuple[str, ...]]
    ignore: str = ""
    regions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    order: tuple[int, ...] = ()
    groups: tuple[Mapping[str, Any] | None, ...] = ()

    @property
    def ignore_code(self) -> int | None:
        """The value of voxels to be ignored: the highest of all."""
        return max(self.codes, default=0) + 1 if self.ignore else None

    def code_of(self, names: frozenset[str]) -> int:
        """The value of voxels that hold labels of these names; the ignored class covers the others."""
        if self.ignore and self.ignore in names:
            return int(self.ignore_code or 0)
        wanted = set(names)
        return next((code for code, classes in self.codes.items() if set(classes) == wanted), 0)

    def as_json(self) -> dict[str, Any]:
        """For another process and for the map that is stored with the data set."""
        return {
            "classes": list(self.classes),
            "codes": {str(code): list(names) for code, names in self.codes.items()},
            "ignore": self.ignore,
            "regions": {name: list(values) for name, values in self.regions.items()},
            "order": list(self.order),
            "groups": list(self.groups),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClassPlan:
        """What ``as_json`` described."""
        codes = {int(code): tuple(names) for code, names in data["codes"].items()}
        regions = {name: tuple(values) for name, values in data["regions"].items()}
        groups = tuple(data["groups"])
        return cls(tuple(data["classes"]), codes, data["ignore"], regions, tuple(data["order"]), groups)


def plan_classes(examined: Mapping[str, Examined], options: PlanOptions, report: Report) -> ClassPlan:
    """The plan for all cases together.

    A class is a name. Without overlaps classes get 1, 2, 3... in the schema's order, else in that of their lowest
    values; with overlaps every combination that occurs gets a value: fewer classes first, then in the order of the
    classes. Raises DatasetError with the list of what is wrong: names that are empty, reserved, unknown to the schema
    or spelled in several ways, several labels of one name, more than 255 values, overlaps where none are allowed.
    """
    used = names_used(examined)
    _check_names(used, options)
    classes = _ordered(used, options, report)
    found: Counter[frozenset[str]] = Counter()
    where: dict[frozenset[str], list[str]] = {}
    for case_id, case in examined.items():
        names = {label.value: label.name for group in case.groups for label in group.labels}
        for values, voxels in case.combinations.items():
            combination = frozenset(names[value] for value in values)
            found[combination] += voxels
            where.setdefault(combination, []).append(case_id)
    _note_ignored(found, options.ignore, report)
    learned = Counter({names: voxels for names, voxels in found.items() if options.ignore not in names})
    overlapping = [names for names in learned if len(names) > 1]
    if overlapping and not options.regions:
        pairs = shown(
            f"{' + '.join(sorted(names))} ({learned[names]} voxels in {shown(where[names])})" for names in overlapping
        )
        raise DatasetError(f"labels overlap, which the target cannot hold: {pairs}")
    groups = _described(used, classes, tuple(found), options)
    if overlapping:
        return _with_regions(classes, learned, options.ignore, groups, report)
    _refuse_many(len(classes), options.ignore, f"{len(classes)} classes")
    codes = {code: (name,) for code, name in enumerate(classes, 1)}
    return ClassPlan(classes, codes, options.ignore if options.ignore in used else "", groups=groups)


def _check_names(used: Mapping[str, NameUse], options: PlanOptions) -> None:
    """Raises DatasetError with everything that is wrong about names."""
    problems = []
    reserved = {BACKGROUND, IGNORE} - {options.ignore}
    for name, use in used.items():
        where = f"in {shown(use.cases)}"
        if not name.strip():
            problems.append(f"a label without a name (value {use.lowest}) {where}")
        elif name in reserved:
            problems.append(f"the name {name!r}, which the target needs itself, {where}")
        elif options.schema and name not in options.schema and name != options.ignore:
            problems.append(f"the name {name!r}, which {options.schema_title or 'the schema'} does not know, {where}")
        if use.several and not options.merge_instances:
            problems.append(f"several labels named {name!r} in {shown(use.several)} (--instances merge makes them one)")
    if not options.schema:
        for names in spelling_variants(name for name in used if name.strip()):
            spelled = " and ".join(f"{name!r} in {shown(used[name].cases)}" for name in names)
            problems.append(f"one class spelled in {len(names)} ways: {spelled}")
    if options.ignore and options.ignore not in used:
        known = shown(map(repr, used))
        problems.append(f"no label named {options.ignore!r} to be ignored; there are {known or 'none'}")
    if problems:
        ways = "; rename labels with --map FILE, or state the names with --schema FILE"
        raise DatasetError("the labels of the cases do not fit together: " + "; ".join(problems) + ways)


def _ordered(used: Mapping[str, NameUse], options: PlanOptions, report: Report) -> tuple[str, ...]:
    if options.schema:
        absent = [name for name in options.schema if name not in used]
        if absent:
            report.note(f"no case has {shown(map(repr, absent))} of the schema")
        return tuple(name for name in options.schema if name != options.ignore)
    by_value: dict[int, list[str]] = {}
    for name, use in used.items():
        for value in use.values:
            by_value.setdefault(value, []).append(name)
    for value, names in sorted(by_value.items()):
        if len(names) > 1:
            each = " and ".join(f"{name!r} in {len(used[name].cases)} cases" for name in names)
            report.note(f"the value {value} is {each}; classes go by name")
    names = sorted(used, key=lambda name: (used[name].lowest, name))
    return tuple(name for name in names if name != options.ignore)


def _note_ignored(found: Counter[frozenset[str]], ignore: str, report: Report) -> None:
    for names, voxels in found.items():
        if ignore in names and len(names) > 1:
            others = " and ".join(repr(name) for name in sorted(names - {ignore}))
            report.leave_out(f"{voxels} voxels of {others} lie under the label to be ignored, {ignore!r}")


def _refuse_many(codes: int, ignore: str, what: str) -> None:
    if codes + bool(ignore) > MAX_CODE:
        raise DatasetError(f"{what} need {codes + bool(ignore)} values, more than {MAX_CODE}")


def _with_regions(
    classes: Sequence[str],
    found: Counter[frozenset[str]],
    ignore: str,
    groups: tuple[Mapping[str, Any] | None, ...],
    report: Report,
) -> ClassPlan:
    rank = {name: place for place, name in enumerate(classes)}
    combinations = sorted(found, key=lambda names: (len(names), sorted(rank[name] for name in names)))
    listed = shown(" + ".join(sorted(names, key=rank.__getitem__)) for names in combinations if len(names) > 1)
    _refuse_many(len(combinations), ignore, f"{len(combinations)} combinations of labels ({listed})")
    codes = {code: tuple(sorted(names, key=rank.__getitem__)) for code, names in enumerate(combinations, 1)}
    regions = {name: tuple(code for code, names in codes.items() if name in names) for name in classes}
    absent = [name for name, values in regions.items() if not values]
    if absent:
        report.note(f"no voxel is {shown(map(repr, absent))}: they are no regions")
    regions = {name: values for name, values in regions.items() if values}
    _refuse_same(regions)
    sizes = {name: sum(found[frozenset(codes[code])] for code in values) for name, values in regions.items()}
    # outer regions before inner ones: predictions write them one over the other
    ordered = sorted(regions, key=lambda name: (-len(regions[name]), -sizes[name], rank[name]))
    _note_partial(regions, report)
    order = tuple(min(regions[name], key=lambda code: (len(codes[code]), code)) for name in ordered)
    return ClassPlan(tuple(classes), codes, ignore, {name: regions[name] for name in ordered}, order, groups)


def _refuse_same(regions: Mapping[str, tuple[int, ...]]) -> None:
    owners: dict[tuple[int, ...], str] = {}
    for name, values in regions.items():
        if values in owners:
            raise DatasetError(f"{owners[values]!r} and {name!r} are the same voxels in every case; leave one out")
        owners[values] = name


def _note_partial(regions: Mapping[str, tuple[int, ...]], report: Report) -> None:
    names = list(regions)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            mine, theirs = set(regions[first]), set(regions[second])
            if mine & theirs and not theirs <= mine:
                report.note(
                    f"{first!r} and {second!r} overlap and neither contains the other: a prediction, which holds one "
                    f"value a voxel, gives what they share to {second!r} alone"
                )


def _described(
    used: Mapping[str, NameUse], classes: Sequence[str], combinations: Sequence[frozenset[str]], options: PlanOptions
) -> tuple[Mapping[str, Any] | None, ...]:
    """The labels and groups of the data set as a whole: the usual value of each name, in the group it was first in.

    Names that overlap somewhere never share a group.
    """
    names = [*(name for name in classes if name in used), *([options.ignore] if options.ignore in used else [])]
    together: dict[str, set[str]] = {name: set() for name in names}
    for combination in combinations:
        for name in combination:
            together[name] |= combination - {name}
    taken: set[int] = set()
    groups: dict[tuple[int, str], list[str]] = {}
    labels = {}
    for name in names:
        wish = used[name].values.most_common(1)[0][0]
        value = free_value(taken | {use.lowest for use in used.values()}) if wish in taken else wish
        taken.add(value)
        labels[name] = used[name].label.with_(value=value)
        place = used[name].group
        while together[name] & set(groups.get(place, [])):
            place = (place[0] + 1, "")
        groups.setdefault(place, []).append(name)
    entries = [GroupEntry(tuple(labels[name] for name in groups[place]), place[1]) for place in sorted(groups)]
    return tuple(group_to_json(entry) for entry in entries)
