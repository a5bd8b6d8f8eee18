"""Block Kit as Slack judges it: checks.py the grammar of the tables, elements.py and blocks.py the tables, views.py whole views."""
