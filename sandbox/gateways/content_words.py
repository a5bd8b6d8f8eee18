"""Words of a prompt that make a model refuse, so that demo and tests can show refusals; pure.

They are, with what they give:

    forbidden-text        InputTextSensitiveContentDetected
    forbidden-copyright   InputTextSensitiveContentDetected.PolicyViolation
    forbidden-image       InputImageSensitiveContentDetected, where there are references
    forbidden-person      InputImageSensitiveContentDetected.PrivacyInformation, where there are references
    forbidden-output N    picture N of the call (from 1; without N each) fails with OutputImageSensitiveContentDetected
    broken-output N       picture N fails with InternalServiceError and those after it are not made
"""

import re
from collections.abc import Mapping

from sandbox.gateways.answers import FailedPicture, GatewayRefusal

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
        sentence="The request failed because the output image may contain sensitive information.",
    ),
    "broken": FailedPicture(code=BROKEN, sentence="The service encountered an unexpected internal error."),
}
_OUTPUT_WORDS = re.compile(r"(forbidden|broken)-output(?:\s+(\d+))?")


def check_words(prompt: str, *, references: bool) -> None:
    """Refuse the words, or the references, of a call."""
    for word, code, sentence, of_image in _INPUT:
        if word in prompt and (references or not of_image):
            raise GatewayRefusal(400, code, f"The request failed because {sentence}.")


def failing_in(prompt: str) -> Mapping[int, FailedPicture]:
    """Which pictures of the call fail, by number from 1; 0 stands for each."""
    return {int(number or 0): _OUTPUT[word] for word, number in _OUTPUT_WORDS.findall(prompt)}
