"""Picture files read by their structure, without decoding a pixel: one file a format, and the table of them."""
