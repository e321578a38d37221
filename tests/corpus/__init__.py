"""Broken and hostile announcements, each with what `check` says of it in Finnish.

`python -m tests.corpus` writes that anew; read every change as somebody who has never heard of YAML would, and mend what that reader
would not understand.

files/FOLDER/NAME.yaml   as staff, or somebody worse, might save it
files/FOLDER/NAME.txt    what `tiedote --lang fi check` prints
made.py                  those too large or too odd for a repository
"""
