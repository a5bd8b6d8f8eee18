"""Models, dialects, sizes and prices: tables, not ifs."""
