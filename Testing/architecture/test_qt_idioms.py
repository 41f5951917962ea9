"""The widgets in ``ui/qt`` keep to what PythonQt, PySide6 and PyQt6 have in common.

There is no wheel of PythonQt to run the widgets with, so these rules are what keeps them working inside Slicer. Each
offence that is looked for is seeded below, to show that it is found.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "MultiLabelSeg" / "MultiLabelSegLib"
FOLDER = LIBRARY / "ui" / "qt"
FILES = sorted(FOLDER.rglob("*.py"))

#: Qt's properties: attributes in PythonQt and methods elsewhere, so both ways of reading fail somewhere
PROPERTIES = set(
    re.findall(
        r"\w+",
        """
        accessibleName alignment animated autoExclusive autoFillBackground autoRaise checkable checked
        cleanText count currentData currentIndex currentText cursor decimals default documentMode enabled
        flat focusPolicy font format frameGeometry frameShape geometry height html icon iconSize indentation
        interval isActiveWindow lineWidth maximum maxLength maxVisibleItems maximumHeight maximumWidth
        minimum minimumHeight minimumSizeHint minimumWidth objectName openExternalLinks orientation pageStep
        palette placeholderText plainText pos prefix readOnly rect selectedText selectionBehavior
        selectionMode shortcut showGrid singleShot singleStep size sizeHint sizePolicy sliderPosition
        sortingEnabled specialValueText statusTip styleSheet suffix text title toolButtonStyle toolTip
        tracking value visible wasCanceled whatsThis width windowFlags windowIcon windowModality windowTitle
        wordWrap x y
        startDragDistance startDragTime doubleClickInterval wheelScrollLines
        """,
    )
)
#: names of what is no QObject (events, rectangles, items, ...): those have methods everywhere
VALUES = re.compile(
    r"(^|_)(QCursor|action|box_layout|color|entry|event|grid|hover|image|index|item|layout|made|match|metrics|painter|picture|pixmap"
    r"|point|position|rect|row|size|space|start|unit)$"
)
#: calls that return such values
VALUE_CALLS = {
    "angleDelta",
    "application",
    "QFontMetrics",
    "boundingRect",
    "fontMetrics",
    "fromRgbF",
    "globalPos",
    "pos",
    "position",
    "selectionModel",
    "size",
    "toPoint",
    "visualRect",
}
BANNED = {
    "QUndoCommand": "crashes in PythonQt",
    "QUndoStack": "crashes in PythonQt",
    "QThread": "use threads and a queue",
    "QSignalBlocker": "use blockSignals",
    "Signal": "use MultiLabelSegLib.signal",
    "Slot": "use connect",
    "Property": "use setProperty",
}
#: attributes that may be set from outside, on our own Python objects
OWN_OBJECTS = {"desk"}


def offences(source: str, name: str) -> list[str]:
    """What a file does against the rules, one line each."""
    tree = ast.parse(source)
    found: list[str] = []
    for node in ast.walk(tree):
        for rule in (_call, _assignment, _imported, _name, _class, _with):
            found += [f"{name}:{node.lineno} {text}" for text in rule(node, name)]
    return found


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call):
        called = _last_name(node.func)
        return "size" if called in VALUE_CALLS else called
    return ""


def _chain(node: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return parts[::-1]


def _call(node: ast.AST, name: str) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    chain, function = _chain(node.func), node.func
    if isinstance(function, ast.Attribute):
        called, receiver = function.attr, function.value
        is_super = isinstance(receiver, ast.Call) and _last_name(receiver.func) == "super"
        if called in PROPERTIES and not node.args and not is_super and not VALUES.search(_last_name(receiver)):
            yield f"calls the property {called}(): read it with get(widget, {called!r})"
        if called == "connect" and name != "binding.py" and _last_name(receiver) not in ("changed", "closed"):
            yield "connects without the helper: connect(sender, 'signal()', function)"
        if called in ("exec", "exec_") and name != "binding.py":
            yield f"calls {called}: use open, which does not wait"
        if node.keywords and called != called.lower() and chain[:1] != ["self"] and called[:1].islower():
            yield f"keyword arguments for Qt's {called}"
    if chain == ["connect"] and len(node.args) == 3 and isinstance(node.args[2], ast.Attribute):
        method = node.args[2].attr
        if method != method.lower() and "()" not in ast.unparse(node.args[1]):
            yield f"connects Qt's own {method} to a signal with arguments: wrap it in a lambda"
    if chain[:1] == ["qt"] and node.keywords:
        yield f"keyword arguments for {'.'.join(chain)}"
    if chain == ["qt", "QImage"] and len(node.args) > 3:
        yield "makes a QImage from bytes"
    if chain == ["isinstance"] and len(node.args) == 2 and _chain(node.args[1])[:1] == ["qt"]:
        yield "isinstance with a class of Qt: use inherits"
    if chain[-1:] == ["partial"]:
        yield "functools.partial: PythonQt gives it every argument of the signal"


def _assignment(node: ast.AST, name: str) -> Iterator[str]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = [node.target]
    for target in targets:
        for each in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if isinstance(each, ast.Attribute):
                chain = _chain(each)
                if chain[:1] != ["self"] and chain[:1] not in [[own] for own in OWN_OBJECTS]:
                    yield f"writes the attribute {'.'.join(chain)}: use a setter"
                elif len(chain) > 2:
                    yield f"writes the attribute {'.'.join(chain)} of another object: use a setter"


def _imported(node: ast.AST, name: str) -> Iterator[str]:
    modules: list[str] = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        modules = [node.module or ""]
    for module in modules:
        top = module.split(".")[0]
        if top in {"qt", "qtpy", "PythonQt", "PySide6", "PyQt6", "PyQt5", "ctk", "slicer"} and name != "binding.py":
            yield f"imports {top}: use binding"


def _name(node: ast.AST, name: str) -> Iterator[str]:
    if not isinstance(node, ast.Attribute):
        return
    chain = _chain(node)
    if chain[:1] != ["qt"]:
        return
    if len(chain) == 2 and chain[1] in BANNED:
        yield f"uses {chain[1]}: {BANNED[chain[1]]}"
    if len(chain) == 4 and chain[2][:1].isupper() and chain[3][:1].isupper():
        yield f"long name of an enum {'.'.join(chain)}: use qt.{chain[1]}.{chain[3]}"


def _class(node: ast.AST, name: str) -> Iterator[str]:
    if not isinstance(node, ast.ClassDef) or not any(_chain(base)[:1] == ["qt"] for base in node.bases):
        return
    for base in node.bases:
        if re.fullmatch(r"QAbstract\w*Model", _last_name(base)):
            yield f"subclasses {_last_name(base)}: use QStandardItemModel"
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Assign, ast.AnnAssign)):
            for target in inner.targets if isinstance(inner, ast.Assign) else [inner.target]:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                for each in names:
                    if isinstance(each, ast.Attribute) and _chain(each)[0] == "self" and each.attr in PROPERTIES:
                        yield f"the subclass hides Qt's property {each.attr}: name it _{each.attr}"


def _with(node: ast.AST, name: str) -> Iterator[str]:
    if isinstance(node, ast.With):
        for item in node.items:
            if isinstance(item.context_expr, ast.Call) and _chain(item.context_expr.func)[:1] == ["qt"]:
                yield "a class of Qt as a context manager"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_widgets_keep_to_what_all_bindings_have(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8"), path.name) == []


def test_there_are_widgets_to_look_at() -> None:
    assert {"binding.py", "form.py", "panel.py", "label_tree.py"} <= {path.name for path in FILES}


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("a = self.line.text()", "calls the property text()"),
        ("if box.currentIndex() > 0: pass", "calls the property currentIndex()"),
        ("button.text = 'x'", "writes the attribute button.text"),
        ("self.button.toolTip = 'x'", "writes the attribute self.button.toolTip"),
        ("button.foo = 1", "writes the attribute button.foo"),
        ("button.clicked.connect(f)", "connects without the helper"),
        ("w = qt.QLabel('a', parent=p)", "keyword arguments for qt.QLabel"),
        ("w.setGeometry(x=1)", "keyword arguments for Qt's setGeometry"),
        ("import functools\nconnect(b, 'clicked()', functools.partial(f, 1))", "functools.partial"),
        ("class A(qt.QUndoCommand): pass", "uses QUndoCommand"),
        ("t = qt.QThread()", "uses QThread"),
        ("with qt.QSignalBlocker(w):\n    pass", "context manager"),
        ("s = qt.Signal(int)", "uses Signal"),
        ("a = qt.Qt.AlignmentFlag.AlignLeft", "long name of an enum"),
        ("isinstance(w, qt.QWidget)", "isinstance with a class of Qt"),
        ("from qtpy import QtCore", "imports qtpy"),
        ("import PySide6.QtCore", "imports PySide6"),
        ("i = qt.QImage(data, 4, 4, 3)", "QImage from bytes"),
        ("class M(qt.QAbstractTableModel): pass", "subclasses QAbstractTableModel"),
        ("class W(qt.QWidget):\n    def __init__(self):\n        self.pos = 1", "hides Qt's property pos"),
        ("dialog.exec_()", "calls exec_"),
        ("connect(pages, 'currentRowChanged(int)', stack.setCurrentIndex)", "wrap it in a lambda"),
        ("a = qt.QApplication.startDragDistance()", "calls the property startDragDistance()"),
    ],
)
def test_the_lint_finds(source: str, complaint: str) -> None:
    assert any(complaint in found for found in offences(source, "seeded.py")), offences(source, "seeded.py")


@pytest.mark.parametrize(
    "source",
    [
        "a = get(self.line, 'text')",
        "a = index.row() + rect.width() + item.text().count('a')",
        "connect(button, 'clicked()', f)",
        "connect(buttons, 'rejected()', dialog.reject)",
        "connect(timer, 'timeout()', menu.deleteLater)",
        "presenter.changed.connect(f)",
        "self.line = qt.QLineEdit(parent)",
        "a = qt.Qt.AlignLeft | qt.QSizePolicy.Expanding",
        "a = super().sizeHint()",
        "w.setText('a')",
    ],
)
def test_the_lint_allows(source: str) -> None:
    assert offences(source, "seeded.py") == []
