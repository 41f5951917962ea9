"""Everything that the panel shows and does, in parts; widgets call these and follow ``changed``."""

from __future__ import annotations

from pathlib import Path

from ..host.base import Host
from ..signal import Signal
from .files.data_selection import Data
from .files.files import Files
from .files.recovery import Recovery
from .foreign import Foreign
from .interpolation.interpolation import Interpolation
from .programs.programs import AiTools
from .session import Session
from .settings.key_actions import connect_actions
from .settings.keys import Keys
from .settings.preference_pages import PreferencePages
from .settings.presets import Presets
from .steps import Steps
from .tasks.tasks import Tasks
from .tools.hover import Hover
from .tools.tool_box import Tools
from .topics import Changed, Topic
from .tree.labels import Labels
from .tree.statistics import Statistics


class Presenter:
    """The parts, made for one host. All calls come from the view's thread; ``changed`` emits a ``Changed`` there.

    ``journal_folder`` is where the autosave journals are kept (None: there are none). What a user did wrong is raised
    as a ``MultiLabelSegError``, which the view shows.
    """

    def __init__(self, host: Host, *, journal_folder: Path | None = None) -> None:
        self.host = host
        self.changed = Signal()
        self.session = Session(host, self._emit, journal_folder)
        self.data = Data(self.session, self._emit)
        self.files = Files(self.session, self._emit, self.data.offer_for)
        self.data.open_segmentation = self.files.open
        self.steps = Steps(self.session, self._emit)
        self.labels = Labels(self.session, self._emit)
        self.preferences = PreferencePages(self.session, self._emit)
        self.presets = Presets(self.session, self.preferences)
        self.keys = Keys(self.session, self._emit)
        self.statistics = Statistics(self.session, self._emit)
        self.tasks = Tasks(self.session, self._emit, self.data.select_image)
        self.recovery = Recovery(self.session, self._emit)
        self.foreign = Foreign(self.session, self._emit)
        self.tools = Tools(self.session, self._emit)
        self.interpolation = Interpolation(self.session, self._emit, self.tools.recorder)
        self.hover = Hover(self.session, self._emit)
        self.ai = AiTools(self.session, self._emit, self.tools)
        self.tools.overlays.append(self.interpolation.shapes)
        self.tools.listeners += [self.interpolation.view_used, self.hover.moved]
        self.interpolation.is_drawing = lambda: self.tools.is_drawing
        self.changed.connect(self.tools.on_changed)
        self.changed.connect(self.interpolation.on_changed)
        self.changed.connect(self.tasks.on_changed)
        self.changed.connect(self.ai.on_changed)
        connect_actions(self)

    def close(self) -> None:
        """Ends the panel: documents with unsaved changes stay in their journals, to be offered next time."""
        self.files.cancel()
        self.ai.close()
        for opened in tuple(self.session.documents):
            self.session.forget(opened, remove=False)

    def _emit(self, topic: Topic, values: tuple[int, ...] = (), view: str = "") -> None:
        self.changed.emit(Changed(topic, values, view))
