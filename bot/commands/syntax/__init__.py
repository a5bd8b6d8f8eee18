"""The parts of the grammar: flags and their dashes, values, quotations, braces, addresses, invisible characters; pure.

The work of each grows with the length of the text, never faster: no pattern may read the same characters again from each position.
"""
