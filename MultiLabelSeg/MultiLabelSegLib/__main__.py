"""``python -m MultiLabelSegLib`` is ``mlseg``."""

from .cli.main import run

run()
