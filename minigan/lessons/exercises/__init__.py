"""The exercises as the student gets them: eNN_name.py is a specification with a gap; its answer is in answers/."""
