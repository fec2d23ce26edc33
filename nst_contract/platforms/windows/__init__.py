"""Windows. Import from :mod:`nst_contract.platforms` instead, which chooses."""
