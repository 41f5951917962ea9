"""The workbench's window: the panel at the left, the views beside it, menus, a tool bar and a line of status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qtpy import QtCore, QtGui, QtWidgets

from ..errors import HostError
from ..host.base import Level, Message
from ..host.mrml import MrmlHost
from ..ui.presenter import Presenter
from ..ui.qt.asking import ask_choice
from ..ui.qt.errors import desk, guarded
from ..ui.qt.layout import title_text
from ..ui.qt.panel import MINIMUM_WIDTH, Panel
from ..ui.topics import Changed, Topic
from .canvas import Canvas
from .canvas_theme import Theme
from .linking import CanvasLink
from .menus import add_menus, share_keys
from .palette import set_palette
from .render_scene import RenderScene

Qt = QtCore.Qt
#: how often answers of background work are fetched
_POLL_MS = 15
_PANEL_WIDTH = 380
_MESSAGE_MS = 8000
#: points that stay free below a button that is scrolled into sight
_MARGIN = 12
TITLE = "MultiLabelSeg"


class MainWindow(QtWidgets.QMainWindow):
    """Composes scene, host, presenter, panel and canvas.

    ``preferences`` is a store of preferences; ``journal_folder`` is where autosave journals are kept (None: there are
    none). Raises HostError where the Slicer core is missing.
    """

    def __init__(self, preferences: Any, journal_folder: Path | None = None) -> None:
        super().__init__()
        self.place = RenderScene()
        self.host = MrmlHost(self.place.scene, preferences, self._tell, self._wake)
        self.presenter = Presenter(self.host, journal_folder=journal_folder)
        self.canvas = Canvas(self.host, self, self.place)
        self.panel = Panel(self.presenter)
        self.link = CanvasLink(self.presenter, self.canvas, guarded)
        self.theme: Theme = "dark"
        self._may_close = False
        #: what tools said last, and how often they said something
        self._noted = ("", 0)
        self._seeks_confirm = False
        desk.parent = self
        self._build()
        self.presenter.changed.connect(self._on_changed)
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._pump)
        self._timer.start()
        self.panel.enter()
        self._show_title()

    # ---- files -------------------------------------------------------------------------------------------------
    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens files one after the other, images before segmentations."""
        kinds = {path: guarded(self.presenter.files.kind_of, path) for path in paths}
        for path in sorted(paths, key=lambda path: kinds[path] != "image"):
            if kinds[path] is not None:
                guarded(self.panel.files.open_path, path)
                self.settle()

    def settle(self, timeout_ms: int = 120_000) -> None:
        """Lets the window work until nothing goes on in the background."""
        timer = QtCore.QElapsedTimer()
        timer.start()
        while timer.elapsed() < timeout_ms:
            QtWidgets.QApplication.processEvents()
            self._pump()
            if not self.host.is_busy:
                QtWidgets.QApplication.processEvents()
                return

    def rest(self, seconds: float) -> None:
        """Works on for so long, as while nobody touches it."""
        loop = QtCore.QEventLoop()
        QtCore.QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    # ---- look --------------------------------------------------------------------------------------------------
    def set_theme(self, theme: Theme) -> None:
        """Dark or light, window and views. Raises OptionError."""
        set_palette(QtWidgets.QApplication.instance(), theme)
        self.theme = theme
        self.canvas.set_theme(theme)

    def show_page(self, title: str, text: str) -> None:
        """Shows a page of text in a window of its own."""
        box = QtWidgets.QMessageBox(self)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.RichText)
        box.setText(text)
        box.setAttribute(Qt.WA_DeleteOnClose)
        box.open()

    # ---- building ----------------------------------------------------------------------------------------------
    def _build(self) -> None:
        self.setAcceptDrops(True)
        self.setDockOptions(QtWidgets.QMainWindow.AnimatedDocks)
        scroll = self._scroll = QtWidgets.QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QtWidgets.QFrame.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        scroll.setWidget(self.panel.widget)
        scroll.setMinimumWidth(MINIMUM_WIDTH + scroll.verticalScrollBar().sizeHint().width())
        scroll.verticalScrollBar().rangeChanged.connect(lambda *_: self._show_confirm())
        splitter = QtWidgets.QSplitter(Qt.Horizontal)
        splitter.addWidget(scroll)
        splitter.addWidget(self.canvas)
        splitter.setStretchFactor(1, 1)
        splitter.setCollapsible(1, False)
        splitter.setSizes([_PANEL_WIDTH, 3 * _PANEL_WIDTH])
        self.setCentralWidget(splitter)
        self._hover = QtWidgets.QLabel()
        self.statusBar().addPermanentWidget(self._hover)
        self.link.hover_changed.connect(self._hover.setText)
        add_menus(self)

    # ---- following ---------------------------------------------------------------------------------------------
    def _on_changed(self, changed: Changed) -> None:
        if changed.topic in (Topic.DOCUMENT, Topic.SAVED):
            self._show_title()
        if changed.topic is Topic.PREFERENCES:
            share_keys(self)
        if changed.topic is Topic.INTERPOLATION:
            guarded(self._show_contours)
        if changed.topic in (Topic.FEEDBACK, Topic.HISTORY):
            self._show_note()
        if changed.topic is Topic.PREVIEW:
            self._seeks_confirm = self.presenter.tools.preview is not None
            self._show_confirm()

    def _show_note(self) -> None:
        tools = self.presenter.tools
        if (tools.note, tools.times_noted) != self._noted:
            self._noted = (tools.note, tools.times_noted)
            self.statusBar().showMessage(title_text(tools.note), _MESSAGE_MS)

    def _show_confirm(self) -> None:
        """Brings the buttons of a preview into sight where the panel is longer than the window."""
        if self._seeks_confirm and self.panel.preview.confirm.isVisible():
            self._scroll.ensureWidgetVisible(self.panel.preview.confirm, 0, _MARGIN)

    def _show_title(self) -> None:
        opened = self.presenter.session.current
        self.setWindowTitle(TITLE if opened is None else f"{opened.name}[*] - {TITLE}")
        self.setWindowModified(opened is not None and opened.is_modified)

    def _show_contours(self) -> None:
        document = self.presenter.session.document
        if document is not None:
            lines = self.presenter.interpolation.contour_lines()
            # the surface first: it reaches further than its contours, and the camera looks at what comes first
            self.canvas.volume.set_preview(self.presenter.interpolation.surface())
            self.canvas.set_contours([document.geometry.lps_from_ijk(line.points_ijk) for line in lines])

    def _tell(self, message: Message) -> None:
        if message.level is Level.ERROR:
            desk.show(HostError(message.text))
        else:
            self.statusBar().showMessage(message.text, _MESSAGE_MS)

    def _wake(self) -> None:
        QtCore.QTimer.singleShot(0, self._pump)

    def _pump(self) -> None:
        guarded(self.host.pump)

    # ---- events ------------------------------------------------------------------------------------------------
    def dragEnterEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Takes files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Opens the files that were dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self._later(lambda: self.open_paths(paths))

    def closeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Asks before unsaved changes would be lost."""
        unsaved = [opened.name for opened in self.presenter.session.documents if opened.is_modified]
        if unsaved and not self._may_close and not desk.silent:
            event.ignore()
            text = f"{', '.join(unsaved)}: unsaved changes would be lost."
            ask_choice(self, text, [("close", "Close without saving")], self._close_answered)
            return
        self._shut_down()
        event.accept()

    def _close_answered(self, answer: str) -> None:
        if answer == "close":
            self._may_close = True
            self._later(self.close)

    def _shut_down(self) -> None:
        self._timer.stop()
        self.panel.close()
        self.presenter.close()
        self.canvas.close_canvas()
        self.host.close()
        self.place.close()
        desk.parent = None

    def _later(self, function: Callable[[], object]) -> None:
        QtCore.QTimer.singleShot(0, lambda: guarded(function))


def window_icon() -> QtGui.QIcon:
    """The program's icon."""
    from ..ui.qt.icons import icon

    made: QtGui.QIcon = icon("interpolation")
    return made
