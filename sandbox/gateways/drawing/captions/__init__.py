"""Writes the prompt on the picture.

caption.py    the label
captions.otf  its font, for Latin, Greek, Cyrillic, Chinese, Japanese and Korean
OFL.txt       the font's licence
"""
