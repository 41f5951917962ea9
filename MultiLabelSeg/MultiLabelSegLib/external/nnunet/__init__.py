"""nnU-Net, versions 2 and 1: trained models found and described, predictions run by its own programs."""

from .channel_names import keep_names
from .choice import FIELDS, ModelChoice, choose
from .description import ModelDescription, describe_model
from .options import PredictOptions
from .predicting import NnUNetPredictor, predictor_of
from .results import Model, results_folder, scan_results

__all__ = [
    "FIELDS",
    "Model",
    "ModelChoice",
    "ModelDescription",
    "NnUNetPredictor",
    "PredictOptions",
    "choose",
    "describe_model",
    "keep_names",
    "predictor_of",
    "results_folder",
    "scan_results",
]
