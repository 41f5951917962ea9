"""Hands for the pages of outside programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MultiLabelSegLib.ui.presenter import Presenter
from Testing.gui.panel.cases import Desk
from Testing.ui.ai_cases import Place, a_document


class AiDesk(Desk):
    """A panel over CT and PET in a place; errors of answers become dialogs as in real windows.

    ``moving``: over a CT of two frames instead.
    """

    def __init__(self, place: Place, moving: bool = False) -> None:
        from MultiLabelSegLib.ui.qt.binding import application, qt
        from MultiLabelSegLib.ui.qt.panel import Panel

        self.qt, self._application, self.place = qt, application(), place
        self.host = place.host(moving)
        self.presenter = Presenter(self.host)
        self.presenter.data.select_image("CT")
        self.presenter.session.add_document(a_document(2 if moving else 1), "CT-labels", image_id="CT")
        self.panel = Panel(self.presenter)
        self.window = qt.QScrollArea()
        self.window.setWidgetResizable(True)
        self.window.setWidget(self.panel.widget)
        self.window.resize(400, 1600)
        self.window.show()
        self.window.activateWindow()
        self.panel.enter()
        self.panel.tools.show_tab("3d")
        self.work()

    def close(self) -> None:
        self.presenter.close()
        self.wait(lambda: self.presenter.ai.job is None)
        super().close()

    def work(self) -> None:
        from MultiLabelSegLib.ui.qt.errors import guarded

        for _ in range(3):
            self._application.processEvents()
            guarded(self.host.pump)

    def told(self) -> list[str]:
        """The errors that were shown; they are expected by the test that asks."""
        from MultiLabelSegLib.ui.qt.errors import desk

        found = list(desk.told)
        desk.forget()
        return found

    def answer(self, *answers: Any) -> None:
        """Lays answers to the next questions ready."""
        from MultiLabelSegLib.ui.qt import asking

        asking.answers.extend(answers)

    def click(
        self, widget: Any, position: Any = None, modifier: str = "NoModifier", button: str = "LeftButton"
    ) -> None:
        super().click(widget, position, modifier, button)
        self.settle()

    def key(self, widget: Any, name: str, modifier: str = "NoModifier") -> None:
        super().key(widget, name, modifier)
        self.settle()

    # ---- pages -------------------------------------------------------------------------------------------------
    def open(self, name: str) -> Any:
        """Clicks the tool's button; gives its page's widgets."""
        self.click(self.panel.tools.buttons[name])
        self.wait(lambda: self.panel.ai.view is not None)
        self.settle()
        return self.panel.ai.view

    def settle(self) -> None:
        """Waits until nothing is looked for any more."""
        page = self.presenter.ai.page
        self.wait(lambda: page is None or page.is_settled)
        self.work()

    def open_nnunet(self, dataset: str = "Dataset901_Two", configuration: str = "3d_fullres") -> Any:
        """nnU-Net's page with a model chosen and an image for each channel, all by hand."""
        view = self.open("nnunet")
        self.pick(view.members[0].editors["dataset"].widget, dataset)
        self.pick(view.members[0].editors["configuration"].widget, configuration)
        if dataset == "Dataset901_Two":
            self.pick(view.channels.images[1], "PET")
        return view

    def pick(self, box: Any, text: str) -> None:
        """Chooses in a drop-down as a user does, with the keyboard, for the list is a window of its own."""
        place = box.findText(text)
        assert place >= 0, f"{text} is not offered, but {[box.itemText(row) for row in range(box.count())]}"
        assert box.isEnabled()
        box.setCurrentIndex(place)
        box.activated.emit(place)
        self.settle()

    def offered(self, box: Any) -> list[str]:
        """What a drop-down offers."""
        return [box.itemText(row) for row in range(box.count())]

    def check(self, row: Any, on: bool = True) -> None:
        """Puts a mark into a row of a list, or takes it away."""
        row.setCheckState(self.qt.Qt.Checked if on else self.qt.Qt.Unchecked)
        self.work()

    def preview(self) -> None:
        """Presses Preview and waits for it."""
        self.click(self.panel.preview.propose)
        self.wait(self.panel.preview.confirm.isEnabled)

    def texts(self, ask: Callable[[Any], str] = lambda widget: widget.text()) -> list[str]:
        """Everything that the window says, tool tips too."""
        found: list[str] = []
        for widget in [self.window, *self.window.findChildren(self.qt.QWidget)]:
            found.append(widget.toolTip())
            for name in ("text", "placeholderText", "windowTitle", "currentText"):
                found.append(str(widget.property(name) or ""))
        return [*found, ask(self.panel.note.widget)]
