"""Questions that a workspace yields by itself, with no labels, and made-up ones that teach what no data set does.

    databases    programs sampled over a database, executed, and put in words by a question family
    documents    cloze questions from sentences, and questions that need a document and a number or a database
    workspace    both, with the evidence that the service would show beside them
    arithmetic   calculations as people ask them

The other modules serve these: `study` (a database as something to ask about), `asking` and `families` (what is asked: the modules
named `*_questions`), `conditions`, `phrasing` and `lexicon` (how it is said), `invented` (databases to practise on).
"""
