"""The sample workspace: Larkfell Outdoor, an invented company that makes, sells, rents and mends outdoor gear.

It is there to try Reckoner without data of one's own: `documents/` holds what the company has written down, `database.build`
writes its books to a SQLite file, and `exam.jsonl` asks 120 questions about both, among them some that neither can answer.
Nobody trains on the exam. People, places and products are made up, and nothing depends on today's date.
"""

from pathlib import Path

DOCUMENTS = Path(__file__).parent / "documents"
EXAM = Path(__file__).parent / "exam.jsonl"
