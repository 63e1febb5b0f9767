# SPDX-License-Identifier: MIT
# Virtual time for CPython's asyncio, as AIO_CLOCK=virtual gives it to aio: time stands still while
# anything runs, and jumps to the next timer when the loop has nothing else to do.
import time
from asyncio import base_events, selector_events

offset = 0.0
wall = time.time()


def virtual_now():
    return offset


def virtual_sleep(seconds):
    global offset
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    offset += seconds


class VirtualSelector:
    """A loop's selector that jumps instead of waiting for a timer."""

    def __init__(self, selector, loop):
        self._selector = selector
        self._loop = loop

    def select(self, timeout=None):
        global offset
        if timeout is None:
            return self._selector.select(None)
        events = self._selector.select(0)
        if not events and timeout > 0 and self._loop._scheduled:
            offset = max(offset, self._loop._scheduled[0]._when)
        return events

    def __getattr__(self, name):
        return getattr(self._selector, name)


original_init = selector_events.BaseSelectorEventLoop.__init__


def init(self, selector=None):
    original_init(self, selector)
    self._selector = VirtualSelector(self._selector, self)


selector_events.BaseSelectorEventLoop.__init__ = init
base_events.BaseEventLoop.time = lambda self: offset
time.monotonic = time.perf_counter = virtual_now
time.time = lambda: wall + offset
time.sleep = virtual_sleep
