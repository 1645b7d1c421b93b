"""Exams: the running configuration, scored on public benchmarks' own files and on questions of one's own."""
