"""Runs the emulator, and spares it from checking the same expression's grammar anew for each item that it looks at."""

import functools
import runpy

from ministack.services import dynamodb

dynamodb._condition_syntax_error = functools.lru_cache(maxsize=4096)(dynamodb._condition_syntax_error)
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
