# SPDX-License-Identifier: MIT
# Loaded by the CPython that writes the expected outputs: imports of .aio files, and the virtual clock
# where a test asks for it. Scripts run as CPython runs any file, so that tracebacks stay as they are.
import os
import sys
from importlib.machinery import (BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader,
                                 FileFinder, SourceFileLoader, SourcelessFileLoader)

sys.path[:] = [p for p in sys.path if os.path.abspath(p) != os.path.dirname(os.path.abspath(__file__))]
sys.path_hooks.insert(0, FileFinder.path_hook(
    (ExtensionFileLoader, EXTENSION_SUFFIXES), (SourceFileLoader, [".aio", *SOURCE_SUFFIXES]),
    (SourcelessFileLoader, BYTECODE_SUFFIXES)))
sys.path_importer_cache.clear()

if os.environ.get("AIO_CLOCK") == "virtual":
    import importlib.util
    spec = importlib.util.spec_from_file_location(
        "virtual_clock", os.path.join(os.path.dirname(os.path.abspath(__file__)), "virtual_clock.py"))
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
