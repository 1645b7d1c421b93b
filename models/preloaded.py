"""What the server of processes that search imports before it makes any (`models.processes`). The one module that does something when it is
imported: it takes all that is there out of the hands of the collector, which would write to each page and so give every process its own.
"""

import gc

import models.answerer  # noqa: F401

gc.collect()
gc.freeze()
