"""Child processes: run in the background, heard line by line, and ended with everything that they started."""

from .output import OutputLines, percent_of
from .program import Program, ProgramHandle, run_program, start_program

__all__ = ["OutputLines", "Program", "ProgramHandle", "percent_of", "run_program", "start_program"]
