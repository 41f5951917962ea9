"""Tests that run inside 3D Slicer (ctest, or Slicer's Self Tests): nodes from files, files from nodes, the panel."""

import pathlib
import tempfile
import types
import unittest

import slicer

from MultiLabelSeg import MultiLabelSegFileReader, MultiLabelSegFileWriter, MultiLabelSegLogic
from MultiLabelSegLib.host.mrml_takeover import document_from_node


class MultiLabelSegSceneTest(unittest.TestCase):
    def setUp(self):
        slicer.mrmlScene.Clear()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.image, self.node = MultiLabelSegLogic().loadSample()

    def test_groups_are_layers_and_labels_segments(self):
        segmentation = self.node.GetSegmentation()
        self.assertEqual(segmentation.GetNumberOfSegments(), 9)
        self.assertEqual(segmentation.GetNumberOfLayers(), 2)

    def test_a_node_is_saved_and_loaded_with_values_groups_and_locks(self):
        path = str(self.folder / "torso.nrrd")
        writer = MultiLabelSegFileWriter(types.SimpleNamespace(writtenNodes=[]))
        self.assertTrue(writer.canWriteObject(self.node))
        self.assertTrue(writer.write({"nodeID": self.node.GetID(), "fileName": path}))
        reader = MultiLabelSegFileReader(types.SimpleNamespace(loadedNodes=[]))
        self.assertGreater(reader.canLoadFileConfidence(path), 0.6)
        self.assertTrue(reader.load({"fileName": path}))
        again = slicer.mrmlScene.GetNodeByID(reader.parent.loadedNodes[0])
        before, after = (document_from_node(node).document for node in (self.node, again))
        described = [
            [(label.value, label.name, label.locked, document.group_index_of(label.value)) for label in document.labels]
            for document in (before, after)
        ]
        self.assertEqual(described[1], described[0])
        for mine, theirs in zip(before.groups, after.groups, strict=True):
            self.assertTrue((mine.array == theirs.array).all())

    def test_files_of_slicer_are_left_to_slicer(self):
        path = str(self.folder / "torso.seg.nrrd")
        MultiLabelSegLogic().save(self.node, path)
        reader = MultiLabelSegFileReader(types.SimpleNamespace(loadedNodes=[]))
        self.assertFalse(reader.canLoadFile(path))
