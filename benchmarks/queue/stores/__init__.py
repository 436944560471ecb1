"""One program a queue; each does one measure and prints seconds, and seconds of CPU, as JSON.

`python -m benchmarks.queue.stores.NAME MEASURE WHERE COUNT CALLERS`. `enqueue`: durable entries
from so many callers, each waiting for its own. `drain`: a worker with a handler that does nothing
ends what is there.
"""
