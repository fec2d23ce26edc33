"""The pipe between the GIMP plug-in and the engine: the whole contract, in one package.

The plug-in starts ``nst worker`` and writes lines to its standard input; the worker answers with
lines on its standard output. All but the commands are JSON, one object to a line:

1. The worker loads and says so: :class:`~nst_contract.protocol.events.Loaded`, with the version of
   this protocol. A plug-in that speaks another version stops here.
2. The plug-in sends any number of :class:`~nst_contract.protocol.requests.Inquiry`: what would a
   run take? Each is answered by one :class:`~nst_contract.protocol.events.Estimate`.
3. In between it may send any number of :class:`~nst_contract.protocol.requests.Sketch`: what would
   come of it? Each is answered by :class:`~nst_contract.protocol.events.Sketched`, again and again
   as it gets better. The next sketch, the command ``drop`` and the request break it off at once;
   nothing more is said of it then, and its last file may be left. One whose folder is gone before
   it is read counts as broken off. Inquiries are answered meanwhile.
4. The plug-in sends one :class:`~nst_contract.protocol.requests.Request`. The worker answers with
   ``Ready`` once the run is planned, then with ``Progress`` after each evaluation, twice a second
   where it waits for other devices, and with ``Preview`` and ``Caution`` wherever there is one.
   Meanwhile the plug-in may send a
   :class:`~nst_contract.protocol.requests.Command`: to finish early, or to cancel.
5. The worker's last event is ``Done`` or ``Error``. Then it ends.

Pixels do not travel in JSON: they lie as raw samples in a private folder that the request names.
End of file on the worker's standard input means that the plug-in is gone: the worker removes that
folder, and the one of the last sketch, and ends at once.

:mod:`~nst_contract.protocol.requests` has what the plug-in sends,
:mod:`~nst_contract.protocol.events` what the engine answers. Both use the standard library alone:
the plug-in runs in GIMP's own Python.
"""

# Rises with every change that an older plug-in or engine would not understand.
PROTOCOL = 8
