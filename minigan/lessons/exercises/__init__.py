"""The exercises as the student gets them: a specification with a gap each; the answers are in answers/."""
