"""What the painter understands.

vocabulary.py   the words, by category and key
lexer.py        a prompt as known words
reading.py      a prompt as wishes: subjects with counts and colours, place, time, season, weather, style
new_scenes.py   the scene of a prompt without references
regions.py      the boxes and points that tags in a prompt name
edits.py        the scene of a prompt about one or more pictures
"""
