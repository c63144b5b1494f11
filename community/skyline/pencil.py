"""The pencil: shapes as short SVG path data in whole pixels."""

from collections.abc import Iterable

Point = tuple[float, float]


def shape(points: Iterable[Point]) -> str:
    """A closed shape as path data with relative steps, the shortest there is."""
    rounded = [(round(x), round(y)) for x, y in points]
    (x, y), *rest = rounded
    steps = [f"M{x} {y}"]
    for nx, ny in rest:
        if nx == x and ny == y:
            continue
        if nx == x:
            steps.append(f"v{ny - y}")
        elif ny == y:
            steps.append(f"h{nx - x}")
        else:
            steps.append(f"l{nx - x} {ny - y}".replace(" -", "-"))
        x, y = nx, ny
    return "".join(steps) + "z"


def window(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.0f} {y:.0f}h{max(2, round(width))}v{max(3, round(height))}h-{max(2, round(width))}z"


def circle(x: float, y: float, radius: float) -> str:
    r = max(2, round(radius))
    return f"M{x - r:.0f} {y:.0f}a{r} {r} 0 0 1 {2 * r} 0a{r} {r} 0 0 1-{2 * r} 0z"


def path(css: str, data: Iterable[str]) -> str:
    joined = "".join(data)
    return f'<path class="{css}" d="{joined}"/>' if joined else ""
