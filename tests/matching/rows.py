"""Made-up towns for the engine's tests, and strategies for them."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from matching.engine import Town, columns_from

COUNTRIES = ("FR", "RO", "HU", "MK", "IT", "DE", "ES", "PL")

masks = st.one_of(
    st.just(0),
    st.sets(st.integers(0, 63), max_size=8).map(lambda themes: sum(1 << theme for theme in themes)),
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def towns(**fixed: Any) -> st.SearchStrategy[Town]:
    """Any town, thin profiles included; `fixed` sets a field (a strategy or a value)."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "id": st.integers(-(2**62), 2**62),
        "population": maybe(st.integers(0, 30_000_000)),
        "altitude": maybe(st.floats(-400, 5300)),
        "relief": maybe(st.floats(0, 3400)),
        "centrality": maybe(st.floats(0, 1)),
        "coast": maybe(st.booleans()),
        "latitude": maybe(st.floats(-90, 90)),
        "longitude": maybe(st.floats(-180, 180)),
        "country": st.sampled_from(("", *COUNTRIES)),
        "languages": masks,
        "wanted": masks,
        "offered": masks,
        "programmes": masks,
        "visible": st.booleans(),
        "member": st.booleans(),
        "full": st.booleans(),
        "opted_out": st.booleans(),
    }
    for name, value in fixed.items():
        fields[name] = value if isinstance(value, st.SearchStrategy) else st.just(value)
    return st.builds(Town, **fields)


def many(count: int, seed: int = 1, members: float = 1.0) -> dict[str, Any]:
    """Keyword arguments of `columns_from` for `count` plausible towns with scattered ids."""
    rng = np.random.default_rng(seed)
    joined = rng.random(count) < members

    def themes(most: int) -> Any:
        chosen = np.zeros(count, "u8")
        for _ in range(most):
            chosen |= np.uint64(1) << np.minimum(rng.exponential(18, count), 63).astype("u8")
        return chosen * joined

    return {
        "id": rng.permutation(count * 7)[:count] + 1,
        "population": np.exp(rng.normal(8, 1.3, count)).astype(int),
        "altitude": rng.gamma(1.2, 300, count),
        "relief": rng.gamma(1.2, 230, count),
        "centrality": rng.random(count),
        "coast": rng.random(count) < 0.12,
        "latitude": rng.uniform(36, 60, count),
        "longitude": rng.uniform(-9, 28, count),
        "country": list(rng.choice(COUNTRIES, count)),
        "languages": rng.integers(1, 32, count).astype("u8"),
        "wanted": themes(6),
        "offered": themes(6),
        "programmes": rng.integers(0, 4, count).astype("u8"),
        "flags": 1 + 2 * joined,
    }


def columns(count: int, **options: Any) -> Any:
    return columns_from(**many(count, **options))
