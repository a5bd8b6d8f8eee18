"""The operator's settings: values, and the one place that reads them."""
