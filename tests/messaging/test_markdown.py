"""The subset of CommonMark people may use, and what nobody may."""

import pytest

from messaging.markdown import render


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Bonjour\ntous", "<p>Bonjour<br>\ntous</p>"),
        ("*un* **deux** `trois`", "<p><em>un</em> <strong>deux</strong> <code>trois</code></p>"),
        ("- un\n- deux", "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>"),
        ("> cité", "<blockquote>\n<p>cité</p>\n</blockquote>"),
        (
            "[Vierzon](https://vierzon.example/)",
            '<p><a href="https://vierzon.example/" rel="nofollow noopener ugc">Vierzon</a></p>',
        ),
        (
            "Voir https://vierzon.example/halles?a=1&b=2, merci.",
            '<p>Voir <a href="https://vierzon.example/halles?a=1&amp;b=2" rel="nofollow noopener ugc">'
            "https://vierzon.example/halles?a=1&amp;b=2</a>, merci.</p>",
        ),
        ("`https://vierzon.example/`", "<p><code>https://vierzon.example/</code></p>"),
        ("# pas un titre", "<p># pas un titre</p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
    ],
)
def test_the_subset(body, html):
    assert render(body) == html


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![pixel](https://tracker.example/p.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<a href='javascript:alert(1)'>x</a>",
        '[x](https://a.example/"onmouseover="alert(1))',
        "[" * 60 + "<script>alert(1)</script>",
        'https://a.example/"><script>alert(1)</script>',
    ],
)
def test_nothing_that_acts_gets_through(body):
    html = render(body).lower()
    for bad in (
        "<script",
        "<img",
        "<iframe",
        'href="javascript',
        'href="data',
        " onerror=alert(1)>",
        '" onmouseover',
    ):
        assert bad not in html
