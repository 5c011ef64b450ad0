"""One file a format. What is wrong in a user's file raises one DataError, before memory is asked for."""
