"""Image processing: references are checked and cleaned, results are made to fit. The only place that uses Pillow.

processor.py    what the rest of the bot uses; opens every file in a worker
workers/        the processes that open files, and the messages to them
values.py       the results
formats/        reads a file's own structure: dimensions, metadata, completeness; without Pillow
decode.py       decoding; translates Pillow's errors into ours
normalise.py    one of a few pixel formats, at a size that fits in memory
encode.py       encoding within a byte limit
intake.py       prepares a member's file as a reference for a gateway
measure.py      reads type and dimensions of a downloaded result
fit.py          re-encodes a result for a platform with lower limits
compose.py      puts layers together again

Everything from formats/ on runs in a worker, of which the bot reads no more than a file's first bytes. Decoded pixels never
leave it; only bytes and values do.
"""
