"""The steps of a job, one file a step; worker.py drives them."""
