"""Cassettes in a pytest session: what pytest's hooks tell of them. When they are used and made is ``replay``'s."""
