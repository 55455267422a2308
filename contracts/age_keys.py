"""Public keys of age (C2SP age-encryption.org/v1, X25519): their form alone, without any cryptography."""

import re
from typing import Final, Literal

Fault = Literal[
    "age_key_private", "age_key_of_another_kind", "age_key_form", "age_key_mistyped", "age_key_open_to_anybody"
]
"""What is wrong with a text that should be a public key."""

PATTERN: Final = "^age1[02-9ac-hj-np-z]{58}$"
"""The prefix, and the digits of 32 bytes and of a checksum."""

PRIVATE_PREFIX: Final = "AGE-SECRET-KEY-"
"""How a private key begins."""

_DIGITS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECKSUM_DIGITS: Final = 6
_PREFIX: Final = "age"
_OTHER_KINDS: Final = re.compile(r"age1[a-z]+1[02-9ac-hj-np-z]+|(ssh|ecdsa|sk)-\S.*")
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_FIELD: Final = 2**255 - 19
_LOW_ORDER: Final = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)
"""Points with which every private key makes the same secret, so that anybody could open what is encrypted to them."""


def fault_of(text: str) -> Fault | None:
    """Return what is wrong with a public key, if anything is."""
    if text.upper().startswith(PRIVATE_PREFIX):
        return "age_key_private"
    if re.fullmatch(PATTERN, text) is None:
        return "age_key_of_another_kind" if _OTHER_KINDS.fullmatch(text) else "age_key_form"
    digits = [_DIGITS.index(digit) for digit in text.rpartition("1")[2]]
    if _checksum([*_spread_prefix(), *digits]) != 1:
        return "age_key_mistyped"
    return _fault_of_point(digits[:-_CHECKSUM_DIGITS])


def _fault_of_point(digits: list[int]) -> Fault | None:
    """Judge the 32 bytes that digits of five bits hold, with four zero bits at the end."""
    value = int("".join(f"{digit:05b}" for digit in digits), 2)
    if value % 16:
        return "age_key_mistyped"
    point = int.from_bytes((value >> 4).to_bytes(32, "big"), "little") % 2**255 % _FIELD
    return "age_key_open_to_anybody" if point in _LOW_ORDER else None


def _spread_prefix() -> list[int]:
    codes = _PREFIX.encode()
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _checksum(values: list[int]) -> int:
    """Return the checksum of Bech32 (BIP 173), which is 1 if nothing was mistyped."""
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            checksum ^= generator if top >> place & 1 else 0
    return checksum
