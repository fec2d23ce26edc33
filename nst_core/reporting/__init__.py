"""How a run is reported to a person or a program: progress bars, JSON lines, log files.

Wording and layout belong here. What there is to report is decided where it happens, and arrives as
an event of :mod:`nst_contract.protocol.events`.
"""
