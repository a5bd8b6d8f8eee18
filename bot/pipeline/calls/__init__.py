"""The paid calls of a job: made side by side as slots are granted, read, their pictures fetched, resumed after a crash."""
