# SPDX-License-Identifier: MIT
"""The machine's own time, under names that keep it when `time` and `select` tell the bench's (readings.py)."""

import select as _select
import time as _time

monotonic, perf_counter, time, sleep = _time.monotonic, _time.perf_counter, _time.time, _time.sleep
select, poll = _select.select, _select.poll
