"""The only Pillow: what goes in is checked and cleaned, what comes out fits.

formats/              what a file is, by its own structure: dimensions, metadata, completeness; no Pillow
pixels.py plain.py    decoding; here Pillow's errors become ours
subprocess_decoder.py HEIC, in a process of its own
encode.py             encoding, within so many bytes
intake.py             a member's file → what a gateway is given
measure.py            what a downloaded result is
fit.py                a result for a platform that takes less
processor.py          the threads all this runs in

A sheet of pixels crosses no thread; bytes and facts do.
"""
