"""From public data sets and questions written for Reckoner to prepared examples: question, evidence, program."""
