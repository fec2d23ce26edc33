"""What the tests do inside GIMP: functions of JSON arguments that return JSON.

They use GIMP as a script of a user does, and say what they found; what it should be is the tests'
to say.
"""
