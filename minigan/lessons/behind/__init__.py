"""What stands behind the lessons: their claims and figures, one file a lesson."""
