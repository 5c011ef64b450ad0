"""What each command does: it calls the library and prints what that says; ../cli.py knows the words."""
