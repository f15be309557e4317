"""HTTP and ASGI: the routes beside the pages, and the middlewares. `stack.py` defines their order."""
