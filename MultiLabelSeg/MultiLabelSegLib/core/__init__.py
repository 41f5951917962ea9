"""The document and its invariants."""

from .box import Box
from .events import Event
from .geometry import Geometry
from .group import Group
from .image import Image
from .label import Label
from .label_index import Extent
from .segmentation import Segmentation

__all__ = ["Box", "Event", "Extent", "Geometry", "Group", "Image", "Label", "Segmentation"]
