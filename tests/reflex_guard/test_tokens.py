import re

from reflex_guard.tokens import digest, new_token


def test_tokens_are_unique_url_safe_and_hold_256_bits() -> None:
    tokens = {new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_every_character_of_a_token_varies() -> None:
    columns = zip(*(new_token() for _ in range(300)), strict=True)

    assert all(len(set(column)) > 10 for column in columns)


def test_a_digest_is_the_sha_256_of_the_token() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_tokens_that_differ_by_case_or_length_have_other_digests() -> None:
    token = new_token()

    assert len({digest(t) for t in (token, token.swapcase(), token[:-1], token + "A", "")}) == 5
