"""Trigger words: a prompt that contains one is refused, or some of its pictures fail. Demo and tests use them.

forbidden-text        InputTextSensitiveContentDetected
forbidden-copyright   InputTextSensitiveContentDetected.PolicyViolation
forbidden-image       InputImageSensitiveContentDetected, where there are references
forbidden-person      InputImageSensitiveContentDetected.PrivacyInformation, where there are references
forbidden-output N    picture N of the call (from 1; without N each) fails with OutputImageSensitiveContentDetected
broken-output N       picture N fails with InternalServiceError and those after it are not made
"""

import re
from collections.abc import Mapping

from sandbox.gateways.responses import FailedPicture, GatewayError

BROKEN = "InternalServiceError"
_INPUT = (
    ("forbidden-text", "InputTextSensitiveContentDetected", "the input text may contain sensitive information", False),
    (
        "forbidden-copyright",
        "InputTextSensitiveContentDetected.PolicyViolation",
        "the input text may be related to copyright restrictions",
        False,
    ),
    ("forbidden-image", "InputImageSensitiveContentDetected", "the input image may contain sensitive information", True),
    (
        "forbidden-person",
        "InputImageSensitiveContentDetected.PrivacyInformation",
        "the input image may contain a real person",
        True,
    ),
)
_OUTPUT = {
    "forbidden": FailedPicture(
        code="OutputImageSensitiveContentDetected",
        message="The request failed because the output image may contain sensitive information.",
    ),
    "broken": FailedPicture(code=BROKEN, message="The service encountered an unexpected internal error."),
}
_OUTPUT_WORDS = re.compile(r"(forbidden|broken)-output(?:\s+(\d+))?")


def check_content(prompt: str, *, has_references: bool) -> None:
    """Raise GatewayError if the prompt or the references are to be refused."""
    for word, code, reason, needs_reference in _INPUT:
        if word in prompt and (has_references or not needs_reference):
            raise GatewayError(400, code, f"The request failed because {reason}.")


def failing_pictures(prompt: str) -> Mapping[int, FailedPicture]:
    """Return which pictures of the call fail, by number from 1; 0 means every picture."""
    return {int(number or 0): _OUTPUT[word] for word, number in _OUTPUT_WORDS.findall(prompt)}
