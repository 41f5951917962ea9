"""Tests of the module's logic that run inside 3D Slicer (ctest, or Slicer's Self Tests)."""

import pathlib
import tempfile
import unittest

import numpy

from MultiLabelSeg import MultiLabelSegLogic
from MultiLabelSegLib import Geometry, Group, Label, MultiLabelSegError, Segmentation, read, write


class MultiLabelSegConvertTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        voxels = numpy.zeros((1, 2, 3, 4), numpy.uint16)
        voxels[0, 0, 1, 1:3] = 3
        voxels[0, 1, 2, :] = 300
        labels = [Label(3, "Liver", locked=False), Label(300, "Spleen")]
        self.start = self.folder / "Ein Anfang.nrrd"
        write(Segmentation(Geometry((2, 3, 4), numpy.eye(4)), [Group(voxels, labels, "Organs")]), self.start)

    def test_there_and_back_nothing_is_lost(self):
        logic = MultiLabelSegLogic()
        slicers, back = self.folder / "slicer.seg.nrrd", self.folder / "back.nrrd"
        self.assertEqual(logic.convert(str(self.start), str(slicers)), [str(slicers)])
        self.assertEqual(logic.convert(str(slicers), str(back)), [str(back)])
        before, after = read(self.start), read(back)
        numpy.testing.assert_array_equal(after.group(0).array, before.group(0).array)
        self.assertEqual(after.group(0).name, "Organs")
        described = [[(label.value, label.name, label.locked) for label in each.labels] for each in (before, after)]
        self.assertEqual(described[1], described[0])

    def test_an_existing_output_is_replaced_only_when_asked(self):
        output = self.folder / "kept.seg.nrrd"
        output.write_bytes(b"precious")
        with self.assertRaisesRegex(MultiLabelSegError, "kept.seg.nrrd"):
            MultiLabelSegLogic().convert(str(self.start), str(output))
        self.assertEqual(output.read_bytes(), b"precious")
        MultiLabelSegLogic().convert(str(self.start), str(output), overwrite=True)
        self.assertEqual([label.value for label in read(output).labels], [3, 300])

    def test_cancelling_writes_nothing(self):
        output = self.folder / "never.seg.nrrd"
        written = MultiLabelSegLogic().convert(str(self.start), str(output), progress=lambda fraction, text: True)
        self.assertEqual(written, [])
        self.assertFalse(output.exists())

    def test_a_path_that_was_not_named_is_said(self):
        with self.assertRaisesRegex(ValueError, "no output is named"):
            MultiLabelSegLogic().convert(str(self.start), "")
