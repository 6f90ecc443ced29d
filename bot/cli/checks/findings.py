"""What a check finds: one line of the report, and how grave it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Severity of a finding."""

    GOOD = "ok     "
    REMARK = "remark "
    FATAL = "PROBLEM"
    """The bot cannot run."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    mark: Severity
    subject: str
    text: str


def good(subject: str, text: str) -> Finding:
    """Return a finding without a problem."""
    return Finding(Severity.GOOD, subject, text)


def remark(subject: str, text: str) -> Finding:
    """Return a finding that an operator may want to know; the bot runs."""
    return Finding(Severity.REMARK, subject, text)


def fatal(subject: str, text: str) -> Finding:
    """Return a finding that keeps the bot from running."""
    return Finding(Severity.FATAL, subject, text)


def is_fatal(findings: Iterable[Finding]) -> bool:
    """Say whether a finding keeps the bot from running."""
    return any(finding.mark is Severity.FATAL for finding in findings)
