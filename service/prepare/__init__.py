"""From public data sets and from the user's own databases to prepared examples: question, evidence, program."""
