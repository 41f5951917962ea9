"""The editor of a number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..fields import Field
from .binding import connect, get, qt
from .editor_base import Editor, WheelGuard

_INT_LIMIT = 2**31 - 1
_FLOAT_LIMIT = 1e9


class NumberEditor(Editor):
    """A spin box, with a slider before it where the range is known."""

    STEPS = 1000

    def __init__(self, field: Field, changed: Callable[[Any], None]) -> None:
        super().__init__(field, changed)
        self._whole = field.kind == "int"
        self.spin = qt.QSpinBox() if self._whole else qt.QDoubleSpinBox()
        self.spin.setKeyboardTracking(False)
        self.spin.setAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
        self.spin.setMinimumWidth(76)
        self.spin.setFocusPolicy(qt.Qt.StrongFocus)
        self._guard = WheelGuard(self.widget)
        self.spin.installEventFilter(self._guard)
        self.slider = qt.QSlider(qt.Qt.Horizontal)
        self.slider.setMinimumWidth(40)
        self.slider.setFocusPolicy(qt.Qt.StrongFocus)
        self.slider.installEventFilter(self._guard)
        self._row(self.slider, self.spin).setStretch(0, 1)
        connect(self.spin, "valueChanged(int)" if self._whole else "valueChanged(double)", self._typed)
        connect(self.slider, "valueChanged(int)", self._slid)
        self._low = self._high = 0.0
        self.show(field)
        self.widget.setFocusProxy(self.spin)

    @property
    def stops(self) -> tuple[Any, ...]:
        """Slider, then number."""
        return (self.slider, self.spin)

    def _show_value(self, value: Any) -> None:
        self._set_range()
        number = self.field.default if value is None else value
        self.spin.setValue(self._number(number or 0))
        self._move_slider()

    def _set_range(self) -> None:
        field, limit = self.field, _INT_LIMIT if self._whole else _FLOAT_LIMIT
        bounded = field.minimum is not None and field.maximum is not None
        self._low = -limit if field.minimum is None else max(field.minimum, -limit)
        self._high = limit if field.maximum is None else min(field.maximum, limit)
        self.slider.setVisible(bounded and math.isfinite(self._high - self._low) and self._high > self._low)
        policy = qt.QSizePolicy.Fixed if bounded else qt.QSizePolicy.Expanding
        self.spin.setSizePolicy(policy, qt.QSizePolicy.Fixed)
        if not self._whole:
            self.spin.setDecimals(self._decimals())
        self.spin.setRange(self._number(self._low), self._number(self._high))
        self.spin.setSingleStep(self._number(field.step or (1 if self._whole else 10.0 ** -min(2, self._decimals()))))
        self.spin.setSuffix(f" {field.unit}" if field.unit else "")
        self.slider.setRange(0, int(min(self.STEPS, self._high - self._low)) if self._whole else self.STEPS)

    def _decimals(self) -> int:
        if self.field.step:
            return max(0, min(6, -math.floor(math.log10(self.field.step) + 1e-9)))
        span = self._high - self._low
        return 3 if span <= 1 else 2 if span <= 100 else 1 if span <= 10000 else 2

    def _number(self, value: float) -> Any:
        return int(round(value)) if self._whole else float(value)

    def _move_slider(self) -> None:
        span = (self._high - self._low) or 1.0
        was, self._quiet = self._quiet, True
        self.slider.setValue(round((float(get(self.spin, "value")) - self._low) / span * get(self.slider, "maximum")))
        self._quiet = was

    def _typed(self, value: Any) -> None:
        if not self._quiet:
            self._move_slider()
            self._edited(self._number(value))

    def _slid(self, position: int) -> None:
        if self._quiet:
            return
        value = self._low + (self._high - self._low) * position / max(1, get(self.slider, "maximum"))
        self._quiet = True
        self.spin.setValue(self._number(value))
        self._quiet = False
        self._edited(self._number(get(self.spin, "value")))
