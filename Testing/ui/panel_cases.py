"""A presenter on a headless host with small documents, and what it told."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from MultiLabelSegLib.core import Geometry, Group, Image, Label, Segmentation
from MultiLabelSegLib.formats.image_io import write_label_image
from MultiLabelSegLib.formats.staging import Stage
from MultiLabelSegLib.host.headless import HeadlessHost
from MultiLabelSegLib.ui.presenter import Presenter
from MultiLabelSegLib.ui.topics import Changed, Topic

SHAPE = (3, 4, 5)


def geometry(time_steps: int = 1) -> Geometry:
    return Geometry.from_parts(SHAPE, (1.0, 1.0, 2.0), time_steps=time_steps)


def an_image(time_steps: int = 1) -> Image:
    where = geometry(time_steps)
    return Image(np.arange(where.voxels * time_steps, dtype=np.int16).reshape(where.full_shape), where)


def a_document(time_steps: int = 1) -> Segmentation:
    """Group 1: Liver 1, Rib 2 and 3 (one class), Spleen 4 in folder Organs; group Lesions: Tumör 7, unlocked."""
    where = geometry(time_steps)
    organs = np.zeros(where.full_shape, np.uint8)
    organs[:, 0, 0] = 1
    organs[:, 1, 0, :2] = 2
    organs[:, 1, 0, 3:] = 3
    organs[:, 2, 3, 0] = 4
    lesions = np.zeros(where.full_shape, np.uint8)
    lesions[:, 0, 0, :2] = 7
    labels = [
        Label(1, "Liver", (1.0, 0.0, 0.0)),
        Label(2, "Rib"),
        Label(3, "Rib", visible=False),
        Label(4, "Spleen", properties={"display_folder": "Organs"}),
    ]
    groups = [Group(organs, labels), Group(lesions, [Label(7, "Tumör", locked=False)], "Lesions")]
    return Segmentation(where, groups)


class Told:
    """What a presenter told, topic by topic."""

    def __init__(self, presenter: Presenter) -> None:
        self.changes: list[Changed] = []
        presenter.changed.connect(self.changes.append)

    @property
    def topics(self) -> list[Topic]:
        return [change.topic for change in self.changes]

    def taken(self) -> list[Changed]:
        taken, self.changes[:] = list(self.changes), []
        return taken


def a_presenter(document: Segmentation | None = None, host: HeadlessHost | None = None) -> Presenter:
    presenter = Presenter(host or HeadlessHost({"CT": an_image()}))
    if document is not None:
        presenter.session.add_document(document, "CT-labels")
    return presenter


def wait_for(host: HeadlessHost, seconds: float = 20.0) -> None:
    """Pumps until nothing goes on in the background."""
    end = time.monotonic() + seconds
    while host.is_busy and time.monotonic() < end:
        host.pump()
        time.sleep(0.002)
    assert not host.is_busy, "the work in the background did not end"


def write_image(path: Path, value: int, where: Geometry) -> None:
    """An image file of one brightness."""
    with Stage(path) as stage:
        write_label_image(stage, path, np.full(where.full_shape, value, np.uint8), where, np.uint8)
        stage.commit()
