-- probe_write: write one page of the database; the id that it writes, the letters SDRM, is the same each time
PRAGMA application_id = 1396986445;
