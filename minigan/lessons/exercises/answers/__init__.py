"""For each exercise eNN_name.py, aNN_name.py: HINTS (three), the answer, WHY it is so, and judge(student, rng).

judge(student, rng) tries the student's module on random data from rng and calls `wrong` of minigan.exercises at
the first thing that is not as specified. Its oracle shares no code with the answer.
"""
