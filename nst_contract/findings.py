"""What ``nst doctor`` finds, as text and as JSON for the plug-in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from nst_contract.messages import Message, from_parts, with_parts


@dataclass(frozen=True)
class Finding:
    """A finding.

    Attributes:
        name: what was checked.
        ok: whether it works.
        detail: what was found.
        remedy: what to do, if it is not ok.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def in_words(findings: Sequence[Finding], say: Callable[[str], str] = str) -> str:
    """Returns the report of these findings.

    Args:
        say: translates a message.
    """
    lines = [line for finding in findings for line in _lines(finding, say)]
    problems = sum(not finding.ok for finding in findings)
    end = Message("{problems} problem(s) found.", problems=problems)
    lines += ["", say(end if problems else Message("All is well."))]
    return "\n".join(lines) + "\n"


def _lines(finding: Finding, say: Callable[[str], str]) -> Iterator[str]:
    name, detail, remedy = map(say, (finding.name, finding.detail, finding.remedy))
    if finding.ok:
        yield f"{name}: {detail}"
    else:
        yield f"{say(Message('PROBLEM'))} {name}: {detail}"
        yield f"    {remedy}"


def to_json(findings: Iterable[Finding]) -> str:
    """Returns the findings as one line of JSON."""
    return json.dumps([with_parts(asdict(finding)) for finding in findings]) + "\n"


def of_json(text: str) -> list[Finding]:
    """Returns the findings that :func:`to_json` wrote.

    Raises:
        ValueError: if it is something else.
    """
    try:
        return [Finding(**from_parts(values)) for values in json.loads(text)]
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError("these are no findings") from error
