"""The one way in which something outside of us proposes labels: a request goes out, an answer becomes a preview."""

from .answer import Answer, AnswerLabel, AnswerLayer, LabelMap, layers_without_overlap
from .files import read_answer_map, work_folder, write_frame
from .placing import OtherGrid
from .proposing import Predictor, preview_of, propose_with
from .request import Channel, Prompt, Request, request_of

__all__ = [
    "Answer",
    "AnswerLabel",
    "AnswerLayer",
    "Channel",
    "LabelMap",
    "OtherGrid",
    "Predictor",
    "Prompt",
    "Request",
    "layers_without_overlap",
    "preview_of",
    "propose_with",
    "read_answer_map",
    "request_of",
    "work_folder",
    "write_frame",
]
