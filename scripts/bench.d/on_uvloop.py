# SPDX-License-Identifier: MIT
# on_uvloop.py PROGRAM: runs it on CPython with uvloop's event loop.
import runpy
import sys

import uvloop

uvloop.install()
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
