"""The public keys of age that a package may be encrypted to."""

import random

import pyrage
import pytest

from contracts.age_keys import _DIGITS, _checksum, _spread_prefix, fault_of

KEY = "age1wvcqsu05fstguly5nh3vw58xpskfhw8l2vqp03dzvu35a895mw8q9u3mrn"
"""A key, of which nobody has the private one."""


def key_of(point: bytes, rest: str = "0000") -> str:
    """Return the key of 32 bytes and the bits that fill its last digit, with a right checksum."""
    bits = "".join(f"{byte:08b}" for byte in point) + rest
    digits = [int(bits[place : place + 5], 2) for place in range(0, len(bits), 5)]
    check = _checksum([*_spread_prefix(), *digits, *[0] * 6]) ^ 1
    digits += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return "age1" + "".join(_DIGITS[digit] for digit in digits)


def test_keys_of_the_library_are_keys() -> None:
    """Whatever key the library makes is one, and is spelled the same here."""
    for _ in range(50):
        assert fault_of(str(pyrage.x25519.Identity.generate().to_public())) is None
    point = bytes(range(32))
    assert str(pyrage.x25519.Recipient.from_str(key_of(point))) == key_of(point)
    assert fault_of(key_of(point)) is None


def test_a_mistyped_key_is_none() -> None:
    """One wrong letter, two swapped ones or a missing one are noticed, as the library notices them."""
    chance, key = random.Random(7), str(pyrage.x25519.Identity.generate().to_public())
    for _ in range(200):
        place, letter = chance.randrange(4, len(key)), chance.choice(_DIGITS)
        typed = key[:place] + letter + key[place + 1 :]
        assert (fault_of(typed) == "age_key_mistyped") is (typed != key), typed
    assert fault_of(key[:-1]) == "age_key_form"


def test_a_key_has_one_spelling() -> None:
    """Bits that belong to no byte are zero, though the checksum would be right with others, too."""
    key = key_of(bytes(range(32)), "0001")
    assert fault_of(key) == "age_key_mistyped"


@pytest.mark.parametrize(
    "text, fault",
    [
        ("", "age_key_form"),
        ("Police", "age_key_form"),
        (f"{KEY} ", "age_key_form"),
        (KEY.upper(), "age_key_form"),
        (f"{KEY}\n", "age_key_form"),
        ("AGE-SECRET-KEY-1QQQ", "age_key_private"),
        ("age-secret-key-1qqq", "age_key_private"),
        ("AGE-SECRET-KEY-PQ-1QQQ", "age_key_private"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "age_key_of_another_kind"),
        ("age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt", "age_key_of_another_kind"),
        ("age1pq1q2w7u3vpya839", "age_key_of_another_kind"),
    ],
)
def test_what_is_no_key_is_named(text: str, fault: str) -> None:
    """A private key, a key of another kind and anything else are told apart."""
    assert fault_of(text) == fault


@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        bytes([1, *bytes(31)]),
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        bytes([0xEC, *[0xFF] * 30, 0x7F]),
        bytes([0xED, *[0xFF] * 30, 0x7F]),
        bytes([0xEE, *[0xFF] * 30, 0x7F]),
        bytes([*bytes(31), 0x80]),
    ],
    ids=["0", "1", "order 8", "other order 8", "p - 1", "p", "p + 1", "0 with the high bit"],
)
def test_a_key_that_anybody_opens_is_none(point: bytes) -> None:
    """A point of low order has a right checksum and protects nothing; the library does not survive it."""
    assert fault_of(key_of(point)) == "age_key_open_to_anybody"
    with pytest.raises(BaseException, match="all-zero"):
        pyrage.encrypt(b"", [pyrage.x25519.Recipient.from_str(key_of(point))])
