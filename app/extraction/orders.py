"""Sentences that order a machine about: they tell nothing of anybody's work, so it is as if they were not there.

No judge here obeys a sentence. But an order said right after a question would pass for the answer to it, and one that
names a sum for pay. People's advice is often in the same mood ("Forget all the rules"), so only what names the
machine's own things counts.
"""

import re

START = (
    r"^(?:(?:and|but|so|now|then|also|please|okay|ok|hey|hello|computer|machine|model|ai|assistant|system)\W{1,3}){0,4}"
)
RESET = (
    r"(?:ignore|disregard|forget|override|bypass)\b.{0,20}?"
    r"\b(?:your|all|any|previous|prior|earlier|former|above)\b.{0,30}?\b(?:instructions?|prompts?|directives?)\b"
)
DEMAND = (
    r"(?:output|print|return|emit|reply|respond|answer|write|mark|flag|set|add|create|insert|delete|remove|label|"
    r"classify|confirm|reveal|show|change)\b.{0,60}?\b(?:insights?|json|as confirmed|to confirmed|the title to)\b"
)
NAMES_THE_MACHINE = (
    r"\b(?:system|developer) prompt\b|\byou are (?:now |from now on )?(?:an? |the )?"
    r"(?:ai|language model|chatbot|(?:system )?administrator|root)\b"
)
MARK_UP = (
    r"^(?:system|assistant|developer|user) ?:|</?(?:system|assistant|user|transcript|instructions?|prompt|script)\b|"
    r'"\w{1,40}" ?: ?["\[{\d]|\bdrop table\b'
)
ORDER = re.compile(rf"{START}(?:{RESET}|{DEMAND})|{NAMES_THE_MACHINE}|{MARK_UP}", re.IGNORECASE)


def is_order(text: str) -> bool:
    """Whether this sentence, with straight quotation marks, speaks to a program that may read it."""
    return ORDER.search(text) is not None
