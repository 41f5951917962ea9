"""The module MultiLabelSeg of 3D Slicer. It only composes: all the work is MultiLabelSegLib's."""

import logging
import sys
from pathlib import Path

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
        parent.dependencies = ["Segmentations", "SubjectHierarchy"]
        parent.contributors = ["MultiLabelSeg contributors"]
        parent.helpText = _(
            "Segmentations made of groups, labels and label instances, with locks that every tool respects: ten 2D "
            "tools, interpolation, 3D tools with preview, undo for everything. Reads and writes MITK (.nrrd, "
            ".mitklabel.json), Slicer (.seg.nrrd), DICOM SEG, NIfTI and Supervisely without loss."
        )
        parent.acknowledgementText = _("Licensed under the Apache License, version 2.0.")
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offers a made-up case, which needs no network, in Slicer's Sample Data."""
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="MultiLabelSeg",
        sampleName="MultiLabelSegTorso",
        thumbnailFileName=str(Path(__file__).parent / "Resources" / "Icons" / "MultiLabelSeg.png"),
        uris="",
        fileNames="",
        nodeNames="",
        customDownloader=lambda _source: MultiLabelSegLogic().loadSample(),
    )


class MultiLabelSegWidget(ScriptedLoadableModuleWidget):
    """Holds the panel, which lives as long as the module's widget."""

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.logic = MultiLabelSegLogic()
        self.slicerPanel = None
        with slicer.util.tryWithErrorDisplay(_("MultiLabelSeg could not be started."), waitCursor=True):
            self.slicerPanel = self.makePanel()
            self.layout.addWidget(self.slicerPanel.widget)

    def makePanel(self):
        """The panel on Slicer's scene, views and settings; asks for missing packages, which only this needs."""
        self.logic.ensurePackages(self.resourcePath("requirements.txt"))
        import qt

        from MultiLabelSegLib.ui.qt.slicer_panel import SlicerPanel

        journals = Path(slicer.app.slicerUserSettingsFilePath).parent / "MultiLabelSeg" / "journal"
        return SlicerPanel(
            slicer.mrmlScene,
            slicer.app.layoutManager(),
            qt.QSettings(),
            self.logic.getParameterNode,
            self.logic.tell,
            journal_folder=journals,
        )

    def enter(self):
        if self.slicerPanel is not None:
            self.slicerPanel.enter()

    def exit(self):
        if self.slicerPanel is not None:
            self.slicerPanel.exit()

    def cleanup(self):
        if self.slicerPanel is not None:
            self.slicerPanel.close()
            self.slicerPanel = None

    def onReload(self):
        """Reload of the developer mode: the library is forgotten, so that it is read anew too."""
        self.cleanup()
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

    def load(self, path, name=""):
        """Loads a file into the scene; returns the IDs of its nodes. Raises MultiLabelSegError."""
        from MultiLabelSegLib.ui.files import scene_files

        loaded = scene_files.load(slicer.mrmlScene, Path(path), name)
        for note in loaded.notes:
            logging.warning("MultiLabelSeg: %s", note)
        return list(loaded.node_ids)

    def save(self, node, path):
        """Writes a segmentation node in the format that the path's name means; returns all paths written."""
        from MultiLabelSegLib.ui.files import scene_files

        return [str(written) for written in scene_files.save(node, Path(path))]

    def loadSample(self):
        """The made-up case as an image and its segmentation; returns both nodes."""
        from MultiLabelSegLib.datasets.phantom import phantom
        from MultiLabelSegLib.ui.files import scene_files

        image, segmentation = phantom()
        nodes = scene_files.show(slicer.mrmlScene, segmentation, "Torso", image=image)
        return [slicer.mrmlScene.GetNodeByID(node) for node in reversed(nodes)]

    def ensurePackages(self, requirements):
        """Asks to install what the file lists and Slicer lacks, when it is needed; raises what Slicer raises."""
        from importlib.util import find_spec

        if all(find_spec(name) for name in Path(requirements).read_text().split()):
            return
        if hasattr(slicer, "packaging"):
            slicer.packaging.pip_ensure(slicer.packaging.load_requirements(requirements), requester="MultiLabelSeg")
        elif slicer.util.confirmOkCancelDisplay(_("MultiLabelSeg needs packages that Slicer lacks. Install them?")):
            slicer.util.pip_install(f'-r "{requirements}"')

    def tell(self, message):
        """Shows what the library has to say: errors and warnings as a dialog, all else in the status bar."""
        if message.level.value == "info":
            slicer.util.showStatusMessage(message.text, 8000)
        elif message.level.value == "warning":
            slicer.util.warningDisplay(message.text, windowTitle="MultiLabelSeg")
        else:
            slicer.util.errorDisplay(message.text, windowTitle="MultiLabelSeg")


class MultiLabelSegFileReader:
    """Slicer's Add Data: MITK's segmentations and Supervisely's volumes; all else is left to Slicer's own readers."""

    def __init__(self, parent):
        self.parent = parent

    def description(self):
        return _("Multi-label segmentation of MITK or Supervisely")

    def fileType(self):
        return "MultiLabelSegFile"

    def extensions(self):
        return [
            _("MITK multi-label segmentation") + " (*.nrrd)",
            _("MITK label stack") + " (*.mitklabel.json)",
            _("Supervisely volume") + " (*.json)",
        ]

    def canLoadFile(self, filePath):
        return self.canLoadFileConfidence(filePath) > 0

    def canLoadFileConfidence(self, filePath):
        """Sure only after a look into the file: a plain .nrrd or .json is not ours."""
        from MultiLabelSegLib.ui.files import scene_files

        return scene_files.confidence(Path(filePath))

    def load(self, properties):
        with slicer.util.tryWithErrorDisplay(_("The segmentation could not be loaded."), waitCursor=True):
            self.parent.loadedNodes = MultiLabelSegLogic().load(properties["fileName"], properties.get("name", ""))
            return True
        return False


class MultiLabelSegFileWriter:
    """Slicer's Save: segmentation nodes as MITK's files; Slicer's own formats stay the first choice."""

    def __init__(self, parent):
        self.parent = parent

    def description(self):
        return _("Multi-label segmentation of MITK")

    def fileType(self):
        return "MultiLabelSegFile"

    def extensions(self, obj):  # noqa: ARG002 - Slicer calls it with the object
        return [_("MITK multi-label segmentation") + " (.nrrd)", _("MITK label stack") + " (.mitklabel.json)"]

    def canWriteObject(self, obj):
        return bool(obj is not None and obj.IsA("vtkMRMLSegmentationNode"))

    def canWriteObjectConfidence(self, obj):
        return 0.3 if self.canWriteObject(obj) else 0.0

    def write(self, properties):
        with slicer.util.tryWithErrorDisplay(_("The segmentation could not be saved."), waitCursor=True):
            node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
            MultiLabelSegLogic().save(node, properties["fileName"])
            self.parent.writtenNodes = [properties["nodeID"]]
            return True
        return False


class MultiLabelSegTest(ScriptedLoadableModuleTest):
    """Slicer's self test: a segmentation goes to MITK's format and comes back as it was."""

    def setUp(self):
        slicer.mrmlScene.Clear()

    def runTest(self):
        self.setUp()
        self.test_savedSegmentationIsLoadedAsItWas()
        self.setUp()
        self.test_convertedSegmentationIsLoadedBySlicer()

    def test_savedSegmentationIsLoadedAsItWas(self):
        import tempfile

        logic = MultiLabelSegLogic()
        image, node = logic.loadSample()
        self.assertEqual(node.GetSegmentation().GetNumberOfSegments(), 9)
        self.assertEqual(node.GetSegmentation().GetNumberOfLayers(), 2)
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "torso.nrrd")
            self.assertEqual(logic.save(node, path)[0], path)
            again = slicer.mrmlScene.GetNodeByID(logic.load(path)[0])
        names = [
            [each.GetSegmentation().GetNthSegment(number).GetName() for number in range(9)] for each in (node, again)
        ]
        self.assertEqual(names[1], names[0])
        self.delayDisplay("The saved segmentation is what it was")

    def test_convertedSegmentationIsLoadedBySlicer(self):
        import tempfile

        import numpy

        from MultiLabelSegLib import Geometry, Group, Label, Segmentation, write

        voxels = numpy.zeros((1, 3, 4, 5), numpy.uint8)
        voxels[0, 1, 1:3, 1:4] = 7
        group = Group(voxels, labels=[Label(7, "Liver")])
        with tempfile.TemporaryDirectory() as folder:
            start, end = (str(Path(folder) / name) for name in ("start.nrrd", "end.seg.nrrd"))
            write(Segmentation(Geometry((3, 4, 5), numpy.eye(4)), [group]), start)
            self.assertEqual(MultiLabelSegLogic().convert(start, end), [end])
            node = slicer.util.loadSegmentation(end)
        segments = node.GetSegmentation()
        self.assertEqual(segments.GetNumberOfSegments(), 1)
        self.assertEqual(segments.GetNthSegment(0).GetName(), "Liver")
        self.delayDisplay("The converted segmentation is what it was")
