"""The live page: the package itself trains in a browser, or here, and the page shows what it does."""
