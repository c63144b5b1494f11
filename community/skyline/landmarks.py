"""The landmarks a town can choose from."""

from collections.abc import Sequence

from community.skyline.pencil import Point, circle, path, shape, window

# Each landmark stands on (0, 0), y upwards, in units the caller scales: outlines, then windows
# (x, y, width, height), then round windows (x, y, radius).
_OUTLINES: dict[str, Sequence[Sequence[Point]]] = {
    "belfry": (
        ((-14, 0), (-14, 92), (-19, 90), (0, 134), (19, 90), (14, 92), (14, 0)),
        ((-2, 128), (0, 150), (2, 128)),
    ),
    "clock": (
        ((-17, 0), (-17, 84), (17, 84), (17, 0)),
        ((-24, 82), (-20, 94), (20, 94), (24, 82)),
        ((-19, 93), (-6, 128), (0, 158), (6, 128), (19, 93)),
        ((-24, 90), (-20, 118), (-16, 90)),
        ((16, 90), (20, 118), (24, 90)),
    ),
    "steeple": (
        ((-13, 0), (-13, 75), (-16, 74), (0, 150), (16, 74), (13, 75), (13, 0)),
        ((13, 0), (10, 38), (36, 60), (64, 38), (66, 0)),
    ),
    "works": (
        ((-70, 0), (-70, 44), (-52, 62), (-52, 44), (-34, 62), (-34, 44), (-16, 62), (-16, 0)),
        ((0, 0), (3, 130), (13, 130), (16, 0)),
        ((26, 0), (28, 102), (37, 102), (39, 0)),
    ),
    "castle": (
        (
            *(
                (-46, 0),
                (-46, 64),
                (-40, 64),
                (-40, 72),
                (-32, 72),
                (-32, 64),
                (-24, 64),
                (-24, 72),
                (-18, 72),
            ),
            *((-18, 50), (18, 50), (18, 84), (24, 84), (24, 92), (32, 92), (32, 84), (40, 84), (40, 92)),
            *((46, 92), (46, 0)),
        ),
    ),
    "dome": (
        (
            (-30, 0),
            (-30, 52),
            (-24, 52),
            (-22, 63),
            (-14, 71),
            (0, 76),
            (14, 71),
            (22, 63),
            (24, 52),
            (30, 52),
            (30, 0),
        ),
        ((-2, 72), (-1, 96), (1, 96), (2, 72)),
    ),
    "gable": (
        (
            *((-24, 0), (-24, 50), (-18, 50), (-18, 64), (-11, 64), (-11, 78), (-4, 78), (-4, 90)),
            *((4, 90), (4, 78), (11, 78), (11, 64), (18, 64), (18, 50), (24, 50), (24, 0)),
        ),
    ),
}
_WINDOWS: dict[str, Sequence[tuple[float, float, float, float]]] = {
    "belfry": ((-3, 54, 6, 12),),
    "clock": ((-3, 46, 6, 12),),
    "steeple": ((-3, 62, 6, 13),),
    "works": ((-62, 30, 8, 10), (-44, 30, 8, 10)),
    "castle": ((28, 70, 6, 12), (-34, 50, 6, 11), (-4, 34, 8, 14)),
    "dome": ((-16, 38, 6, 12), (10, 38, 6, 12), (-3, 38, 6, 12)),
    "gable": ((-3, 70, 6, 9), (-12, 42, 6, 10), (6, 42, 6, 10)),
}
_DIALS: dict[str, tuple[float, float, float]] = {"belfry": (0, 76, 8), "clock": (0, 68, 7)}


def landmark(name: str, x: float, base: float, scale: float) -> str:
    outlines = [shape((x + px * scale, base - py * scale) for px, py in line) for line in _OUTLINES[name]]
    lights = [
        window(x + wx * scale, base - wy * scale, width * scale, height * scale)
        for wx, wy, width, height in _WINDOWS[name]
    ]
    if name in _DIALS:
        dx, dy, radius = _DIALS[name]
        lights.append(circle(x + dx * scale, base - dy * scale, radius * scale))
    return path("s5", outlines) + path("win", lights)
