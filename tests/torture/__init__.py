"""The promise under torture: a real daemon, killed again and again, four networks that fail at most requests, and a judge.

The judge reads the networks' ledger and the mails that people got, never the publisher's database. `python -m tests.torture --help`
"""
