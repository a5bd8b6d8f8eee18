"""Image processing: references are checked and cleaned, results are made to fit. The only place that uses Pillow.

formats/              reads a file's own structure: dimensions, metadata, completeness; without Pillow
decode.py             decoding; translates Pillow's errors into ours
normalise.py          one of a few pixel formats, at a size that fits in memory
subprocess_decoder.py HEIC and AVIF, decoded in a process of their own
encode.py             encoding within a byte limit
intake.py             prepares a member's file as a reference for a gateway
measure.py            reads type and dimensions of a downloaded result
fit.py                re-encodes a result for a platform with lower limits
processor.py          the threads in which all of this runs

Decoded pixels never leave their thread; only bytes and values do.
"""
