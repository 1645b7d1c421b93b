"""Training jobs: submitted over HTTP, kept as rows, done by a worker under a lease, and never lost.

`ledger.py` keeps jobs, their events, uploaded files and the versions of the model; `lines.py` reads uploaded examples; `training.py` does
a job of the model that answers, from its checks to a new version, and `embedding.py` one of the embedder; `worker.py` claims one job after
the other. The HTTP side is `service/jobs_api.py`.
"""
