"""The networks: one adapter each, below everything else.

`channels` knows no database, no files, no mail and no clock of its own. It can be read, used and tested without `publisher`.
"""
