"""Draws the results.

pictures.py     one result: the scene that a prompt and its references ask for, painted, captioned, encoded
scene.py        what a picture shows, as a value
words/          from a prompt to a scene, and what an edit changes in one
composition.py  place, things and weather put together
places/ subjects/   what can be drawn, with brush.py and colours.py
photos.py       pictures the painter did not make: pixels that obey
layers.py       a picture taken apart
stickers.py     things with nothing behind them
marks.py        boxes and points that the prompt names
styles.py       watercolour, oil, pixel art and the others
captions/       the label with the prompt, and its font
memory.py       which pictures the painter made, to paint them again instead of over them
"""
