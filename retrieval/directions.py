"""Whether a question looks ahead: "Book a table on Friday" means the next one, and "How many orders came in on Friday?" the last.

Words decide. What asks for something to be done or says that it will be looks ahead: "will", "going to", "due", "scheduled for",
"upcoming", "by Friday", and requests that begin with "book", "remind" and their like. Words of the past ("did", "was", "sold yesterday")
outweigh them, and where neither is said, the question is about the past, as questions to records are.
"""

from __future__ import annotations

import re

# Verbs, and words that are verbs only with an object: "book a table", but "book sales".
_VERBS = "remind|reserve|arrange|invite|send|postpone|cancel|deliver|buy|notify|rebook|reschedule"
_NOUNS_TOO = (
    "book|schedule|plan|set|call|email|meet|move|ship|pick|register|sign|rent|hold|create|start|close|open|wake|block"
)
_OF_LISTS = "order|put|add"  # of things that are there already, too: "order the products by sales", "add up the sales"
_SOMEBODY = r"(?:me|us|him|her|them|an?|my|\d+|one|two|three|four|five|six)"
_OBJECT = r"(?:me|us|him|her|them|it|up|an?|the|my|our|your|his|their|this|that|these|those|for|\d+|one|two|three|four|five|six)"
_AHEAD = re.compile(
    rf"""(?-i:\bwill\b|^Will\ (?=[a-z])) | \b(?:shall|won['’]t|going\ to|upcoming|tomorrow|deadline)\b | ['’]ll\b
    | \b(?:is|are|be|falls?|comes?)\s+(?:\w+\s+)?due\b | \bdue\s+(?:by|on|in|before|next|this)\b
    | \b(?:is|are)\s+(?:\w+\s+){{0,3}}(?:scheduled|planned|booked|reserved|expected|supposed)\b
    | \b(?:by|until|till)\s+(?:mon|tues|wednes|thurs|fri|satur|sun)day\b
    | (?: ^ | [.!?;,]\s* | \bplease\s+ | \b(?:can|could|would)\s+(?:you|we|i)\s+ | \b(?:want|like|need|have)\s+to\s+
        | \blet(?:['’]s|\s+us|\s+me)\s+ )
      (?:please\s+)? (?: (?:{_VERBS})\b | (?:{_NOUNS_TOO})\s+{_OBJECT}\b | (?:{_OF_LISTS})\s+{_SOMEBODY}\b )""",
    re.VERBOSE | re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:did|was|were|had|ha(?:s|ve)(?!\s+to)|been|ago|yesterday|so\s+far|since|happened|came|went|took|got|last\s+\w+)\b"
    r"|(?<!\bbe\s)(?<!\bis\s)(?<!\bare\s)\b(?:sold|made|paid|bought|left)\b",  # "will be paid", "days are left"
    re.IGNORECASE,
)


def looks_ahead(text: str) -> bool:
    """Whether a day or month without a year is more likely one that comes than one that was."""
    return _AHEAD.search(text) is not None and _PAST.search(text) is None
