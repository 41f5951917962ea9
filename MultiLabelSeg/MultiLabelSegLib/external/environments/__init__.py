"""Python environments in which outside programs live: found, checked, made on request."""

from .checking import EnvironmentCheck, check_environment, installed_packages
from .finding import Environment, PassedOver, each_environment, environment_at, environments_folder, find_environments
from .making import make_environment
from .needs import NEEDS, Need, environment_for, need_of
from .scanning import EnvironmentScan, is_made, scan_environments

__all__ = [
    "NEEDS",
    "Environment",
    "EnvironmentCheck",
    "EnvironmentScan",
    "Need",
    "PassedOver",
    "check_environment",
    "each_environment",
    "environment_at",
    "environment_for",
    "environments_folder",
    "find_environments",
    "installed_packages",
    "is_made",
    "make_environment",
    "need_of",
    "scan_environments",
]
