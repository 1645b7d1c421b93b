"""What may be looked up: the record of documents, the lexical and dense indexes over it, and the parts of a schema a question means."""
