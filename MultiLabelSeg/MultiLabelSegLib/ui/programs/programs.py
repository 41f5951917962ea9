"""nnU-Net and TotalSegmentator in the panel: their pages, and what they do in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core import Geometry, Image, Segmentation
from ...errors import MultiLabelSegError, ToolError
from ...external.catalog import PROGRAM_TOOLS
from ...external.devices import Gpu, find_gpus
from ...external.environments import EnvironmentCheck
from ...external.nnunet.pretrained import Pretrained
from ...external.proposals import OtherGrid
from ...formats.report import Cancelled, ProgressCallback
from ...host.base import Level
from ...presets.preferences import load_preferences
from ...tools.base import Preview
from ..frozen import frozen_scene
from ..session import Session
from ..tools.entries import title_of
from ..tools.tool_box import Tools
from ..topics import Changed, Emit, Topic
from .job import JobKind, ProgramJob
from .pages import Availability, NnUNetPage, TotalSegmentatorPage

Page = NnUNetPage | TotalSegmentatorPage


class AiTools:
    """``presenter.ai``: a page for each program, made when its tool is first opened, and one job at a time.

    A job goes on when its tool is left; a preview that is ready then waits until the tool is opened again. PROGRAM is
    told when a page or the job changed, BUSY at each progress. ``on_changed`` has to hear every ``Changed``. What a
    program cannot do is raised in the view's thread, with its last lines.
    """

    def __init__(self, session: Session, emit: Emit, tools: Tools) -> None:
        self._session, self._emit, self._tools = session, emit, tools
        self._gpus: tuple[Gpu, ...] = ()
        self.pages: dict[str, Page] = {}
        self.job: ProgramJob | None = None
        self.all_frames = False
        self.other_grid: OtherGrid = "refuse"
        self.checked: dict[str, EnvironmentCheck] = {}
        self.listed: tuple[Pretrained, ...] = ()
        self._looking: set[str] = set()
        self._waiting: dict[str, tuple[Preview, Segmentation, Geometry]] = {}
        tools.ask_program, tools.stop_program = self.preview, self._stop_preview

    # ---- pages -------------------------------------------------------------------------------------------------
    @property
    def page(self) -> Page | None:
        """The page of the active tool; None while none is active, or it is still being looked for."""
        return self.pages.get(self._tools.active)

    def open(self, name: str) -> None:
        """Makes a page: GPUs and a Python that can make environments are looked for in the background first."""
        if name in self.pages or name in self._looking:
            return
        self._looking.add(name)
        self._emit(Topic.PROGRAM)
        self._session.host.run(
            lambda _: find_gpus(), lambda gpus: self._make_page(name, gpus), lambda _: self._make_page(name, ())
        )

    def _make_page(self, name: str, gpus: tuple[Gpu, ...]) -> None:
        self._looking.discard(name)
        self._gpus = gpus
        kind = NnUNetPage if name == "nnunet" else TotalSegmentatorPage
        page: Page = kind(self._session.host.preferences, lambda: self._gpus, run=self._session.host.run)
        self.pages[name] = page
        self._follow_image(page)
        page.changed.connect(self._page_changed)
        self._emit(Topic.PROGRAM)
        environment = page.environment
        self._session.host.run(
            lambda _: environment.find_maker(), lambda _: environment.told(), lambda _: environment.told()
        )

    def refresh(self) -> None:
        """Looks again for environments, GPUs, trained models and installed packages."""
        page = self._need_page()

        def found(gpus: tuple[Gpu, ...]) -> None:
            self._gpus = gpus
            page.environment.refresh()
            page.refresh()

        self._session.host.run(lambda _: find_gpus(), found, lambda _: found(()))

    def images(self) -> tuple[tuple[str, str], ...]:
        """(id, title) of the images that a channel can be, those with one number a voxel."""
        return tuple((each.id, each.title) for each in self._session.host.images() if each.channels == 1)

    def _page_changed(self) -> None:
        """Pages store what they remember by themselves: the session must not write older preferences over it."""
        try:
            stored = load_preferences(self._session.host.preferences)
        except MultiLabelSegError:  # the page's environment part says so
            stored = self._session.preferences
        if stored != self._session.preferences:
            self._session.preferences = stored
            self._emit(Topic.PREFERENCES)
        self._emit(Topic.PROGRAM)

    def _follow_image(self, page: Page) -> None:
        if isinstance(page, NnUNetPage):
            page.set_reference(self._session.image_id)

    # ---- preview -----------------------------------------------------------------------------------------------
    def preview_state(self) -> Availability:
        """Whether Preview can be pressed, and what is missing."""
        page = self.page
        if page is None:
            return Availability("looking for GPUs and environments")
        if self.job is not None:
            return Availability(f"wait for the end of: {self.job.title}")
        if self._session.image is None:
            return Availability("choose an image")
        return page.preview_state()

    def preview(self, name: str = "") -> None:
        """Asks the program of the active tool. Raises ToolError that says what is missing, OptionError, HostError."""
        page, state = self._need_page(), self.preview_state()
        if not state.enabled:
            raise ToolError(state.reason)
        scene = frozen_scene(self._session.scene())
        work: Callable[[ProgressCallback | None], Preview]
        if isinstance(page, NnUNetPage):
            work = page.task(scene, self._image, self.all_frames, self.other_grid)
        else:
            work = page.task(scene, None, self.all_frames, self.other_grid)
        tool, document = name or self._tools.active, self._session.need().document
        geometry = document.geometry

        def previewed(preview: Preview) -> None:
            self._previewed(tool, preview, document, geometry)

        self._start("preview", tool, title_of(tool), work, previewed)

    def _image(self, image_id: str) -> Image:
        if image_id == self._session.image_id and self._session.image is not None:
            return self._session.image
        return self._session.host.image(image_id)

    def _previewed(self, tool: str, preview: Preview, document: Segmentation, geometry: Geometry) -> None:
        self.pages[tool].measure_cache()
        if all(opened.document is not document for opened in self._session.documents):
            text = f"{preview.title} has ended, but its segmentation is closed"
            self._session.tell(Level.WARNING, text)
            return
        self._waiting[tool] = preview, document, geometry
        if self._tools.active != tool:
            self._session.tell(Level.INFO, f"{preview.title} has ended; open its tool to see the preview")
        self._show_waiting()

    def _show_waiting(self) -> None:
        """Shows the preview of the tool that was opened, where its segmentation is still the same and current."""
        tool = self._tools.active
        held = self._waiting.get(tool)
        if held is None or held[1] is not self._session.document:
            return
        preview, document, geometry = self._waiting.pop(tool)
        if document.geometry != geometry:
            raise ToolError(f"{preview.title}: the segmentation has another grid since; press Preview again")
        self._tools.show_preview(preview)

    def _stop_preview(self) -> None:
        if self.job is not None and self.job.kind == "preview":
            self.cancel()

    # ---- other jobs --------------------------------------------------------------------------------------------
    def make_environment(self) -> None:
        """Makes an environment for the program. Raises ToolError that says why not."""
        environment = self._need_page().environment
        state = environment.make_state()
        if not state.enabled:
            raise ToolError(state.reason)
        title = f"Making an environment for {environment.need.title}"
        self._start(
            "make", self._tools.active, title, environment.make, environment.made, lambda: environment.made(None)
        )
        environment.begin_making()

    def check_environment(self) -> None:
        """Asks the chosen environment for versions and GPUs; ``checked`` has the answer. Raises ToolError."""
        page, tool = self._need_page(), self._tools.active
        if not page.environment.state().enabled:
            raise ToolError(page.environment.state().reason)

        def checked(found: EnvironmentCheck | None) -> None:
            if found is not None:
                self.checked[tool] = found
            self._emit(Topic.PROGRAM)

        self._start("check", tool, "Checking the environment", page.environment.check, checked)

    def list_models(self) -> None:
        """Asks nnU-Net for its pretrained models; ``listed`` has the answer. Raises ToolError."""
        page = self._need_nnunet()

        def listed(found: tuple[Pretrained, ...]) -> None:
            self.listed = found
            self._emit(Topic.PROGRAM)

        self._start("list", "nnunet", "Listing pretrained models", page.pretrained, listed)

    def fetch_model(self, what: str, version: int = 2) -> None:
        """Downloads a model or unpacks one, after the view has asked ``page.fetch_question``. Raises ToolError."""
        page = self._need_nnunet()
        if not page.fetch_state().enabled:
            raise ToolError(page.fetch_state().reason)
        self._start(
            "fetch",
            "nnunet",
            f"Fetching {what}",
            lambda progress: page.fetch(what, progress, version),
            lambda _: page.refresh(),
        )

    def cancel(self) -> None:
        """Ends the job: its program and all that it has started are killed. Returns at once."""
        if self.job is not None and not self.job.is_cancelled:
            self.job.is_cancelled = True
            self._emit(Topic.PROGRAM)

    # ---- what others do ----------------------------------------------------------------------------------------
    def on_changed(self, changed: Changed) -> None:
        """Makes the page of a tool that is opened; another document ends the work on the one before."""
        if changed.topic is Topic.TOOL and self._tools.active in PROGRAM_TOOLS:
            self.open(self._tools.active)
            self._show_waiting()
        elif changed.topic is Topic.IMAGE:
            for page in self.pages.values():
                self._follow_image(page)
        elif changed.topic is Topic.DOCUMENT:
            open_ones = [opened.document for opened in self._session.documents]
            self._waiting = {tool: held for tool, held in self._waiting.items() if held[1] in open_ones}

    # ---- inside ------------------------------------------------------------------------------------------------
    def _start(
        self,
        kind: JobKind,
        program: str,
        title: str,
        work: Callable[[ProgressCallback | None], Any],
        done: Callable[[Any], object],
        stopped: Callable[[], object] = lambda: None,
    ) -> None:
        """Runs a job; ``stopped`` is called when it gave nothing. Raises ToolError while another one goes on."""
        if self.job is not None:
            raise ToolError(f"wait for the end of: {self.job.title}")
        job = self.job = ProgramJob(kind, program, title)

        def ended(result: Any) -> None:
            self.job = None
            self._emit(Topic.PROGRAM)
            if job.is_cancelled:
                stopped()
            else:
                done(result)

        def failed(error: Exception) -> None:
            self.job = None
            stopped()
            self._emit(Topic.PROGRAM)
            if not isinstance(error, Cancelled):
                raise error

        self._session.run(lambda progress: work(job.heard(progress)), ended, failed)
        self._emit(Topic.PROGRAM)

    def _need_page(self) -> Page:
        page = self.page
        if page is None:
            raise ToolError("the page of the program is not open yet")
        return page

    def _need_nnunet(self) -> NnUNetPage:
        page = self._need_page()
        if not isinstance(page, NnUNetPage):
            raise ToolError("only nnU-Net has pretrained models to fetch")
        return page

    def close(self) -> None:
        """Ends what goes on."""
        self.cancel()
        for page in self.pages.values():
            page.stop_looking()
