"""One printer: contents that commands offer and the forms that print them, one module per form."""
