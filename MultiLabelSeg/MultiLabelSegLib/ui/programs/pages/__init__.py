"""What the pages of outside programs show and allow, without Qt: a view draws the rows and calls the methods."""

from .environment_page import EnvironmentPage
from .nnunet_page import NnUNetPage
from .state import Availability, ChannelRow, Choice, as_progress
from .totalsegmentator_page import TotalSegmentatorPage

__all__ = [
    "Availability",
    "ChannelRow",
    "Choice",
    "EnvironmentPage",
    "NnUNetPage",
    "TotalSegmentatorPage",
    "as_progress",
]
