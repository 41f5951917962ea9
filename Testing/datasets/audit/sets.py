"""Sets of cases without a fault, and one fault of each kind to put into them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import MultiLabelSegLib as mls
from MultiLabelSegLib.formats.image_write import write_label_image
from MultiLabelSegLib.formats.staging import Stage

SHAPE, SPACING = (20, 24, 32), (4.0, 4.0, 5.0)
#: name -> value, centre (x, y, z) as a share of the body, radii in voxels (i, j, k)
ORGANS = {
    "Liver": (3, (0.30, 0.40, 0.50), (5.5, 4.5, 4.5)),
    "Spleen": (4, (0.78, 0.60, 0.55), (3.0, 3.0, 3.0)),
    "Kidney left": (7, (0.66, 0.80, 0.30), (2.4, 2.4, 3.0)),
    "Kidney right": (8, (0.34, 0.80, 0.28), (2.4, 2.4, 3.0)),
    "Spine": (11, (0.50, 0.90, 0.50), (2.0, 1.6, 7.0)),
    "Heart": (300, (0.56, 0.35, 0.85), (3.5, 3.0, 2.2)),
}
#: in about half of the cases only
LESION = ("Lesion", 40, (0.30, 0.40, 0.50), 1.6)


@dataclass
class MadeCase:
    """A case before it is written; faults change it."""

    name: str
    array: np.ndarray
    labels: dict[int, str]
    origin: tuple[float, float, float]
    image_origin: tuple[float, float, float] = field(default=(0.0, 0.0, 0.0))
    raw: np.ndarray | None = None

    @property
    def geometry(self) -> mls.Geometry:
        return mls.Geometry.from_parts(SHAPE, SPACING, self.origin)

    def value_of(self, name: str) -> int:
        return next(value for value, known in self.labels.items() if known == name)


def a_clean_set(seed: int, cases: int = 8) -> list[MadeCase]:
    """Cases of a body that differ in size and place as people do, none at fault."""
    rng = np.random.default_rng(seed)
    return [_a_case(f"case_{number:02d}", rng, lesion=number % 2 == 0) for number in range(cases)]


def _a_case(name: str, rng: np.random.Generator, lesion: bool) -> MadeCase:
    grid = np.indices(SHAPE)[::-1]
    scale, shift = rng.uniform(0.92, 1.08), rng.uniform(-0.7, 0.7, 3)
    array = np.zeros(SHAPE, np.uint16)
    extent = np.array(SHAPE[::-1])
    for value, center, radii in ORGANS.values():
        middle = np.array(center) * (extent - 1) + shift
        size = np.array(radii) * scale * rng.uniform(0.96, 1.04, 3)
        inside = sum(((grid[axis] - middle[axis]) / size[axis]) ** 2 for axis in range(3)) <= 1
        array[inside & (array == 0)] = value
    labels = {value: organ for organ, (value, _, _) in ORGANS.items()}
    if lesion:
        organ, value, center, radius = LESION
        middle = np.array(center) * (extent - 1) + shift + rng.uniform(-1, 1, 3)
        array[sum((grid[axis] - middle[axis]) ** 2 for axis in range(3)) <= radius**2] = value
        labels[value] = organ
    origin = tuple(float(number) for number in np.round(rng.uniform(-200, 200, 3), 3))
    return MadeCase(name, array, labels, origin, origin)


# ---- faults: each takes the set and a random source, changes one case and says which ------------------------------
Fault = Callable[[list[MadeCase], random.Random], str]


def _named(change: Callable[[MadeCase, random.Random], None]) -> Fault:
    def seeded(cases: list[MadeCase], rng: random.Random) -> str:
        case = rng.choice(cases)
        change(case, rng)
        return case.name

    return seeded


def _rename(names: dict[str, list[str]]) -> Fault:
    def change(case: MadeCase, rng: random.Random) -> None:
        old = rng.choice(sorted(names))
        case.labels[case.value_of(old)] = rng.choice(names[old])

    return _named(change)


def _renumber(case: MadeCase, rng: random.Random) -> None:
    value = case.value_of(rng.choice(sorted(ORGANS)))
    new = rng.choice([5, 99, 700])
    case.array[case.array == value] = new
    case.labels = {new if old == value else old: name for old, name in case.labels.items()}


def _swap_values(case: MadeCase, rng: random.Random) -> None:
    first, second = (case.value_of(name) for name in rng.sample(sorted(ORGANS), 2))
    case.labels[first], case.labels[second] = case.labels[second], case.labels[first]
    mask = case.array == first
    case.array[case.array == second] = first
    case.array[mask] = second


def _exchange_voxels(case: MadeCase, rng: random.Random) -> None:
    first, second = (case.value_of(name) for name in rng.sample(["Liver", "Spleen", "Spine", "Heart"], 2))
    mask = case.array == first
    case.array[case.array == second] = first
    case.array[mask] = second


def _missing(case: MadeCase, rng: random.Random) -> None:
    value = case.value_of(rng.choice(sorted(ORGANS)))
    case.array[case.array == value] = 0
    del case.labels[value]


def _empty(case: MadeCase, rng: random.Random) -> None:
    case.array[case.array == case.value_of(rng.choice(sorted(ORGANS)))] = 0


def _unexpected(case: MadeCase, rng: random.Random) -> None:
    case.array[0, 0, 0:3] = 55
    case.labels[55] = rng.choice(["Stent", "Pancreas", "zz top"])


def _undeclared(case: MadeCase, rng: random.Random) -> None:
    case.array[0, 0, 0 : rng.randint(1, 4)] = 77


def _volume(case: MadeCase, rng: random.Random) -> None:
    value = case.value_of("Liver")
    places = np.argwhere(case.array == value)
    keep = places[:, 0] <= np.sort(places[:, 0])[len(places) // rng.choice([8, 12])]
    case.array[tuple(places[~keep].T)] = 0


def _island(case: MadeCase, rng: random.Random) -> None:
    case.array[0, 0, rng.randint(0, 4)] = case.value_of(rng.choice(["Liver", "Spleen", "Spine", "Heart"]))


def _sides(case: MadeCase, rng: random.Random) -> None:
    left, right = case.value_of("Kidney left"), case.value_of("Kidney right")
    mask = case.array == left
    case.array[case.array == right] = left
    case.array[mask] = right


def _mirrored(case: MadeCase, rng: random.Random) -> None:
    case.array = case.array[:, :, ::-1].copy()


def _moved(case: MadeCase, rng: random.Random) -> None:
    case.image_origin = (case.origin[0] + rng.choice([0.01, -4.0]), *case.origin[1:])


def _no_voxels(case: MadeCase, rng: random.Random) -> None:
    case.array[:] = 0


def _fractions(case: MadeCase, rng: random.Random) -> None:
    case.raw = case.array.astype(np.float32)
    case.raw[case.raw == 3] = rng.choice([2.5, 3.2])


def _nearly_whole(case: MadeCase, rng: random.Random) -> None:
    case.raw = case.array.astype(np.float32)
    case.raw[case.raw == 3] = 2.9999


def _negative(case: MadeCase, rng: random.Random) -> None:
    case.raw = case.array.astype(np.int32)
    case.raw[0, 0, 0] = rng.choice([-1, -1024])


def _too_large(case: MadeCase, rng: random.Random) -> None:
    case.raw = case.array.astype(np.int32)
    case.raw[0, 0, 0] = rng.choice([65536, 70000])


def _duplicate(cases: list[MadeCase], rng: random.Random) -> str:
    first, second = rng.sample(cases, 2)
    second.array, second.labels = first.array.copy(), dict(first.labels)
    return second.name


#: name of the fault -> the kind of finding that it is, and the fault
FAULTS: dict[str, tuple[str, Fault]] = {
    "capitals": ("spelling", _rename({"Liver": ["liver", "LIVER"], "Spleen": ["SPLEEN"]})),
    "blanks": ("spelling", _rename({"Kidney left": ["Kidney_left", "Kidneyleft", " Kidney  left"]})),
    "accents": ("spelling", _rename({"Spleen": ["Spléen"], "Liver": ["Lïver"]})),
    "order": ("spelling", _rename({"Kidney left": ["left kidney", "L Kidney"], "Kidney right": ["RightKidney"]})),
    "abbreviation": ("spelling", _rename({"Kidney left": ["Kid left", "lt. kidn"], "Spleen": ["Spl"]})),
    "slip": ("spelling", _rename({"Liver": ["Livre", "Livver"], "Spleen": ["Splene"]})),
    "other word": ("spelling", _rename({"Liver": ["Leber"], "Heart": ["Cor"]})),
    "other value": ("value", _named(_renumber)),
    "exchanged values": ("value", _named(_swap_values)),
    "exchanged voxels": ("exchanged", _named(_exchange_voxels)),
    "missing": ("missing", _named(_missing)),
    "empty": ("empty", _named(_empty)),
    "unexpected": ("unexpected", _named(_unexpected)),
    "undeclared": ("undeclared", _named(_undeclared)),
    "volume": ("volume", _named(_volume)),
    "island": ("islands", _named(_island)),
    "sides": ("side", _named(_sides)),
    "mirrored": ("mirrored", _named(_mirrored)),
    "geometry": ("geometry", _named(_moved)),
    "empty case": ("empty case", _named(_no_voxels)),
    "fractions": ("values", _named(_fractions)),
    "nearly whole": ("values", _named(_nearly_whole)),
    "negative": ("values", _named(_negative)),
    "too large": ("values", _named(_too_large)),
    "duplicate": ("duplicate", _duplicate),
}


def write_set(cases: list[MadeCase], folder: Path, images: Path, suffix: str = ".nii.gz") -> None:
    """Each case as a label map with its table, and an image of its grid."""
    import SimpleITK as sitk

    folder.mkdir(exist_ok=True)
    images.mkdir(exist_ok=True)
    for case in cases:
        labels = [mls.Label(value, name, (0.2, 0.5, value % 7 / 7)) for value, name in sorted(case.labels.items())]
        path = folder / f"{case.name}{suffix}"
        known = {0, *case.labels}
        if case.raw is not None or set(np.unique(case.array).tolist()) <= known:
            mls.write(mls.Segmentation(case.geometry, [mls.Group(case.array, labels)]), path)
        else:
            declared = np.where(np.isin(case.array, list(known)), case.array, 0)
            mls.write(mls.Segmentation(case.geometry, [mls.Group(declared, labels)]), path)
            with Stage(path) as stage:
                write_label_image(stage, path, case.array, case.geometry)
                stage.commit()
        if case.raw is not None:
            image = sitk.GetImageFromArray(case.raw)
            image.SetSpacing(SPACING)
            image.SetOrigin(case.origin)
            sitk.WriteImage(image, str(path))
        with Stage(images / "x") as stage:
            grid = mls.Geometry.from_parts(SHAPE, SPACING, case.image_origin)
            write_label_image(stage, images / f"{case.name}_0000.nii.gz", np.zeros(SHAPE, np.uint8), grid, np.uint8)
            stage.commit()
