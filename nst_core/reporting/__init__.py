"""What a person or a program is told of a run: progress bars, JSON lines, log files.

Words and layout belong here. What there is to tell is decided where it happens, and arrives as an
event of :mod:`nst_contract.protocol.events`.
"""
