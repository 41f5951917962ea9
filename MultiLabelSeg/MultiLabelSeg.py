"""The module MultiLabelSeg of 3D Slicer: conversion of segmentation files; all the work is MultiLabelSegLib's."""

import logging
import sys

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)


class MultiLabelSeg(ScriptedLoadableModule):
    """What Slicer shows of the module. Runs at Slicer's start, so it imports nothing of the library."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "MultiLabelSeg"
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = []
        parent.contributors = ["MultiLabelSeg contributors"]
        parent.helpText = _(
            "Converts segmentations with many labels between MITK (.nrrd, .mitklabel.json), 3D Slicer (.seg.nrrd), "
            "NIfTI and other formats without loss: voxels, values, names, colours, groups, locks and properties. "
            "What a format cannot hold is named and refused. The same conversions are on the command line: mlseg."
        )
        parent.acknowledgementText = _("Licensed under the Apache License, version 2.0.")


class MultiLabelSegWidget(ScriptedLoadableModuleWidget):
    """Two paths and a button; reading, checking and writing are in the logic."""

    def setup(self):
        import ctk
        import qt

        ScriptedLoadableModuleWidget.setup(self)
        self.logic = MultiLabelSegLogic()

        section = ctk.ctkCollapsibleButton()
        section.text = _("Convert a segmentation...")
        self.layout.addWidget(section)
        form = qt.QFormLayout(section)

        explanation = qt.QLabel(
            _(
                "Reads a file of any known format, or a folder of masks, and writes the format that the output's name "
                "means. The result is read back and compared before it is put in place."
            )
        )
        explanation.wordWrap = True
        form.addRow(explanation)

        path = ctk.ctkPathLineEdit
        self.inputPath = path()
        self.inputPath.filters = path.Files | path.Dirs
        self.inputPath.settingKey = "MultiLabelSeg/inputPath"
        form.addRow(_("Input:"), self.inputPath)
        self.outputPath = path()
        self.outputPath.filters = path.Files | path.Writable
        self.outputPath.settingKey = "MultiLabelSeg/outputPath"
        form.addRow(_("Output:"), self.outputPath)
        self.overwrite = qt.QCheckBox(_("Replace an existing output"))
        form.addRow(self.overwrite)

        self.convertButton = qt.QPushButton(_("Convert"))
        self.convertButton.connect("clicked()", self.onConvert)
        form.addRow(self.convertButton)
        self.layout.addStretch(1)

    def onConvert(self):
        """Converts what the two paths name; a failure is shown by its one line."""
        with slicer.util.tryWithErrorDisplay(_("The conversion failed."), waitCursor=True):
            dialog = slicer.util.createProgressDialog(labelText=_("Converting..."), maximum=100)

            def progress(fraction, text):
                dialog.labelText = text or _("Converting...")
                dialog.value = int(100 * fraction)
                slicer.app.processEvents()
                return bool(dialog.wasCanceled)

            try:
                written = self.logic.convert(
                    self.inputPath.currentPath, self.outputPath.currentPath, self.overwrite.checked, progress
                )
            finally:
                dialog.close()
            self.showResult(written)

    def showResult(self, written):
        """Says in the status bar what was written, and remembers the paths."""
        if not written:
            slicer.util.showStatusMessage(_("Cancelled; nothing was written."), 10000)
            return
        self.inputPath.addCurrentPathToHistory()
        self.outputPath.addCurrentPathToHistory()
        slicer.util.showStatusMessage(_("Written: {paths}").format(paths=", ".join(written)), 10000)

    def onReload(self):
        """Reload of the developer mode: the library is forgotten, so that it is read anew too."""
        for name in [name for name in sys.modules if name.split(".")[0] == "MultiLabelSegLib"]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)


class MultiLabelSegLogic(ScriptedLoadableModuleLogic):
    """What the module does, without its window."""

    def convert(self, inputPath, outputPath, overwrite=False, progress=None):
        """Converts a file or folder to the format that the output's name means; returns the paths written.

        ``progress(fraction, text)`` may return True to cancel; the list is then empty and nothing was written.
        Raises ValueError when a path is missing, MultiLabelSegError when reading or writing fails.
        """
        from MultiLabelSegLib import read, write
        from MultiLabelSegLib.formats.report import Cancelled

        for name, path in (("input", inputPath), ("output", outputPath)):
            if not path:
                raise ValueError(f"no {name} is named")
        try:
            segmentation = read(inputPath, progress=progress)
            written = write(segmentation, outputPath, overwrite=overwrite, progress=progress)
        except Cancelled:
            return []
        paths = [str(path) for path in written]
        logging.info("MultiLabelSeg: converted %s to %s", inputPath, ", ".join(paths))
        return paths


class MultiLabelSegTest(ScriptedLoadableModuleTest):
    """Slicer's self test: a segmentation goes to Slicer's format and back."""

    def setUp(self):
        slicer.mrmlScene.Clear()

    def runTest(self):
        self.setUp()
        self.test_convertedSegmentationIsLoadedBySlicer()

    def test_convertedSegmentationIsLoadedBySlicer(self):
        import pathlib
        import tempfile

        import numpy

        from MultiLabelSegLib import Geometry, Group, Label, Segmentation, write

        voxels = numpy.zeros((1, 3, 4, 5), numpy.uint8)
        voxels[0, 1, 1:3, 1:4] = 7
        group = Group(voxels, labels=[Label(7, "Liver")])
        with tempfile.TemporaryDirectory() as folder:
            start, end = (str(pathlib.Path(folder) / name) for name in ("start.nrrd", "end.seg.nrrd"))
            write(Segmentation(Geometry((3, 4, 5), numpy.eye(4)), [group]), start)
            self.assertEqual(MultiLabelSegLogic().convert(start, end), [end])
            node = slicer.util.loadSegmentation(end)
        segments = node.GetSegmentation()
        self.assertEqual(segments.GetNumberOfSegments(), 1)
        self.assertEqual(segments.GetNthSegment(0).GetName(), "Liver")
        self.delayDisplay("The converted segmentation is what it was")
