"""The envelope of XMP packets (ISO 16684-1): several modules have a part in what is in one."""

from __future__ import annotations

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def packet(properties: str = "", namespaces: str = "") -> str:
    """Returns a packet.

    Args:
        properties: elements in XML, each ended by a line feed.
        namespaces: attributes in XML that declare their prefixes, each after a space.
    """
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="{RDF}">
<rdf:Description rdf:about=""{namespaces}>
{properties}</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
