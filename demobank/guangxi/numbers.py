"""Numbers that pass every check and belong to nobody, as SQL that makes one from a customer's place in the bank.

Identity numbers carry a region code beginning with 99, which no division of China has; mobile numbers begin with 161,
a prefix assigned to no operator; credit codes carry a 99 region too. Their check digits are right. A customer's place
is sent through a permutation of all numbers there are, so that no two share one and none looks counted.
"""

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643: ISO 7064 MOD 11-2
_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_USCC_MODULUS = 31
_USCC_WEIGHTS = tuple(pow(3, place, _USCC_MODULUS) for place in range(17))

# Each multiplier is prime and no divisor of its modulus: i -> (i * multiplier + shift) % modulus never meets itself.
_PERSONS = 5_000_000  # 10,000 regions of 500 sequence numbers of one sex
_MOBILES = 10**8
_CODES = 31**8


def _weighted(text: str, weights: tuple[int, ...], alphabet: str) -> str:
    """SQL for the sum of the signs' values times their weights; `text` stands in it only once."""
    sign = f"strpos('{alphabet}', sign) - 1"
    value = f"({sign}) * {list(weights)}[place]"
    return f"list_sum(list_transform(string_split({text}, ''), lambda sign, place: {value}))::BIGINT"


def _code_body() -> str:
    places = (f"substr('{_USCC_ALPHABET}', 1 + ((n // {31**power}) % 31)::INTEGER, 1)" for power in range(8))
    return " || ".join(places)


MACROS = f"""
CREATE TEMP MACRO permuted(idx, multiplier, modulus, word) AS
    (idx::HUGEINT * multiplier + below(modulus, word, 0, 0)) % modulus;
CREATE TEMP MACRO id_checked(body) AS
    body || substr('10X98765432', 1 + ({_weighted("body", _ID_WEIGHTS, "0123456789")}) % 11, 1);
CREATE TEMP MACRO id_from(n, born, sex) AS id_checked(
    '99' || lpad((n // 500)::VARCHAR, 4, '0') || strftime(born, '%Y%m%d')
    || lpad(((n % 500) * 2 + (sex = 'm')::INTEGER)::VARCHAR, 3, '0'));
CREATE TEMP MACRO id_number(idx, born, sex) AS
    id_from(permuted(idx, 1299709, {_PERSONS}, 'person number')::BIGINT, born, sex);
CREATE TEMP MACRO mobile(idx) AS
    '161' || lpad(permuted(idx, 86028121, {_MOBILES}, 'mobile number')::VARCHAR, 8, '0');
CREATE TEMP MACRO org_checked(body) AS body || substr('0X987654321', 1 + (
    {_weighted("body", _ORG_WEIGHTS, _ORG_ALPHABET)}) % 11, 1);
CREATE TEMP MACRO code_checked(body) AS body || substr('{_USCC_ALPHABET}', 1 + (31 - (
    {_weighted("body", _USCC_WEIGHTS, _USCC_ALPHABET)}) % 31) % 31, 1);
CREATE TEMP MACRO org_from(n) AS org_checked({_code_body()});
CREATE TEMP MACRO credit_code(idx) AS code_checked('9199'
    || lpad(below(10000, 'code region', idx, 0)::VARCHAR, 4, '0')
    || org_from(permuted(idx, 982451653, {_CODES}, 'credit code')::BIGINT));
"""
