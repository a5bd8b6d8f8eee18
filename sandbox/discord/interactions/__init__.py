"""Commands, buttons and forms, as Discord accepts them."""
