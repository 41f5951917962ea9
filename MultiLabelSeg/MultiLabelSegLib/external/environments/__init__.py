"""Python environments in which outside programs live: found, checked, made on request."""

from .checking import EnvironmentCheck, check_environment, installed_packages
from .finding import Environment, PassedOver, each_environment, environment_at, environments_folder, find_environments
from .making import make_environment
from .needs import NEEDS, Need, environment_for, need_of

__all__ = [
    "NEEDS",
    "Environment",
    "EnvironmentCheck",
    "Need",
    "PassedOver",
    "check_environment",
    "each_environment",
    "environment_at",
    "environment_for",
    "environments_folder",
    "find_environments",
    "installed_packages",
    "make_environment",
    "need_of",
]
