import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from community.models import Organisation, Territory
from notifications.models import Notification
from portal import typography
from portal.context import Site
from portal.templatetags import interface
from tests.factories import UserFactory

PARIS = ZoneInfo("Europe/Paris")
KICEVO = Territory(name="Kičevo", native_name="Кичево", country="MK", latitude=41.5, longitude=21)
VIERZON = Territory(name="Vierzon", country="FR", latitude=47.2, longitude=2.1)


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


@pytest.fixture(autouse=True)
def _french() -> object:
    with translation.override("fr"), timezone.override(PARIS):
        yield


def test_place_names_carry_their_language() -> None:
    assert interface.place(VIERZON) == '<span class="place" lang="fr">Vierzon</span>'
    assert interface.place(KICEVO) == '<span class="place" lang="mk-Latn">Kičevo</span>'
    assert interface.native(KICEVO) == '<span class="place" lang="mk">Кичево</span>'
    assert interface.native(VIERZON) == ""
    assert interface.place("Blois", "fr") == '<span class="place" lang="fr">Blois</span>'
    assert interface.place_lang(KICEVO) == ' lang="mk-Latn"'


def test_several_official_languages_are_no_language() -> None:
    assert interface.place(Territory(name="Fribourg", country="CH")) == '<span class="place">Fribourg</span>'


def test_only_towns_are_set_as_places() -> None:
    assert interface.place(Organisation(name="Villes & Co")) == "Villes &amp; Co"
    assert interface.place("<b>") == '<span class="place">&lt;b&gt;</span>'


def test_only_towns_have_a_landmark() -> None:
    assert interface.mark(VIERZON).startswith('<svg class="sky mark"')
    assert interface.mark(Organisation(name="Vierzon", territory=VIERZON), "s").startswith(
        '<svg class="sky mark s"'
    )
    assert interface.mark(Organisation(name="Centre de ressources"), "s") == interface.avatar(
        "Centre de ressources", "s"
    )


def test_numbers() -> None:
    assert typography.number(25700) == "25\u00a0700"
    assert typography.number(14.8, 1) == "14,8"
    assert typography.number(None) == ""
    with translation.override("en"):
        assert typography.number(25700) == "25,700"


def test_french_spaces() -> None:
    assert typography.french("Quel taux ?") == "Quel taux\u00a0?"
    assert typography.french("« Oui : 22 % »") == "«\u00a0Oui\u00a0: 22\u00a0%\u00a0»"
    assert typography.french("25 700 hab.") == "25\u00a0700\u00a0hab."
    with translation.override("en"):
        assert typography.french("a ?") == "a ?"


@pytest.mark.parametrize(
    "kept",
    [
        '<svg viewBox="0 0 24 24" d="M1 1 : 2"><path d="M0 ; 1"/></svg>',
        "<textarea>Oui : non ?</textarea>",
        '<input value="a : b ?">',
        "<pre>x ?</pre>",
        "<!-- a ? -->",
    ],
)
def test_french_spaces_leave_markup_alone(kept: str) -> None:
    assert (
        typography.french(SafeString(f"<p>Oui ?</p>{kept}<b>Non !</b>"))
        == f"<p>Oui\u00a0?</p>{kept}<b>Non\u00a0!</b>"
    )


def test_french_does_not_unescape() -> None:
    assert render("{{ text|french }}", text="<b> ?") == "&lt;b&gt;\u00a0?"


def test_dates_and_hours() -> None:
    moment = dt.datetime(2026, 3, 10, 8, 40, tzinfo=dt.UTC)
    assert typography.clock(moment) == "9\u00a0h\u00a040"
    assert typography.clock(dt.time(14)) == "14\u00a0h"
    assert typography.long_date(moment) == "mardi 10 mars 2026"
    assert typography.day_month(moment) == "10\u00a0mars"
    assert typography.month_year(moment) == "mars 2026"
    assert (
        interface.date_tile(moment)
        == '<span class="date" aria-hidden="true"><b>10</b><span>mars</span></span>'
    )
    assert "<span>sept.</span>" in interface.date_tile(dt.date(2026, 9, 2))
    assert typography.duration(90) == "1\u00a0h\u00a030"
    with translation.override("en"):
        assert typography.clock(moment) == "9:40"


def test_a_date_is_the_one_of_the_active_zone() -> None:
    late = dt.datetime(2026, 3, 10, 23, 30, tzinfo=dt.UTC)
    assert typography.day_month(late) == "11\u00a0mars"
    with timezone.override("UTC"):
        assert typography.day_month(late) == "10\u00a0mars"


def test_when() -> None:
    now = timezone.now()
    assert typography.when(now) == typography.clock(now)
    with translation.override("en"):
        assert typography.when(now - dt.timedelta(days=1)) == "yesterday"
    assert typography.when(dt.datetime(2020, 2, 3, 12, tzinfo=dt.UTC)) == "3\u00a0févr.\u00a02020"


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Hélène Aubry", "HA"),
        ("Maire de Vierzon", "MV"),
        ("Élue au patrimoine", "ÉP"),
        ("Кирил", "К"),
        ("Jean-Marc O'Neil", "JN"),
        ("de la", "DL"),
        ("", "?"),
    ],
)
def test_avatar(name: str, initials: str) -> None:
    assert interface.avatar(name) == f'<span class="avatar" aria-hidden="true">{initials}</span>'


def test_bars_stay_in_bounds_and_carry_no_style() -> None:
    assert 'width="72%"' in interface.bar(72.4)
    assert 'width="100%"' in interface.bar(180)
    assert 'width="0%"' in interface.bar(-4)
    assert interface.pips(3).count('class="on"') == 3
    assert interface.pips(3).count("<i") == 5
    parts = interface.tally(6, 2, 9)
    assert 'class="yes" width="67%"' in parts
    assert 'x="67%" width="22%"' in parts
    assert "style" not in interface.bar(72) + interface.pips(3) + parts


def test_countries_in_the_readers_language() -> None:
    assert interface.country("MK") == "Macédoine du Nord"
    assert interface.language_name("hu") == "hongrois"
    with translation.override("en"):
        assert interface.country("mk") == "North Macedonia"


def test_icons_are_compact_and_hidden() -> None:
    assert interface.icon("check") == (
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M20 6 9 17l-5-5"/></svg>'
    )


class Letter(forms.Form):
    address = forms.EmailField(label="Adresse", help_text="Votre adresse professionnelle")
    size = forms.ChoiceField(choices=[("a", "Peu"), ("b", "Beaucoup")], widget=forms.RadioSelect)
    digest = forms.BooleanField(required=False)


def test_a_field_is_wired_to_its_hint_and_its_error() -> None:
    html = render("{% field form.address %}", form=Letter({"address": "x"}))
    assert 'aria-describedby="id_address_helptext id_address_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_address_helptext"' in html
    assert 'id="id_address_error"' in html
    assert 'class="control"' in html
    assert 'value="x"' in html
    clean = render("{% field form.address %}", form=Letter({"address": "a@b.fr"}))
    assert "aria-invalid" not in clean
    assert "id_address_error" not in clean


def test_radios_stand_in_a_fieldset_and_a_box_in_its_label() -> None:
    form = Letter()
    assert "<fieldset" in render("{% field form.size %}", form=form)
    assert '<label class="check" for="id_digest"><input type="checkbox"' in render(
        "{% field form.digest %}", form=form
    )


def test_the_summary_links_to_each_field() -> None:
    html = render_to_string("components/errors.html", {"form": Letter({"address": "x"})})
    assert 'href="#id_address"' in html
    assert 'role="alert"' in html
    assert render_to_string("components/errors.html", {"form": Letter()}).strip().startswith("{#") is False


def test_a_page_marks_where_it_stands() -> None:
    page = "{% section %}{% if True %} clubs {% endif %}{% endsection %}[{{ section }}]"
    assert render(page) == "[clubs]"


@pytest.mark.parametrize(
    ("cookie", "theme", "other"),
    [
        ("", "system", "dark"),
        ("dark", "dark", "light"),
        ("light", "light", "dark"),
        ("<script>", "system", "dark"),
    ],
)
def test_theme_of_a_visitor(cookie: str, theme: str, other: str) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    request.COOKIES["theme"] = cookie
    site = Site(request)
    assert (site.theme, site.other_theme) == (theme, other)


@pytest.mark.django_db
def test_the_frame_of_a_visitor() -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    html = render_to_string("404.html", request=request)
    assert '<html lang="fr" data-theme="system">' in html
    assert 'id="announcer"' in html
    assert "Notifications" not in html


def test_the_500_page_needs_no_context_at_all() -> None:
    html = render_to_string("500.html")
    assert "La page n’a pas pu s’ouvrir" in html


@pytest.mark.django_db
def test_the_frame_of_a_signed_in_person(django_assert_num_queries: object) -> None:
    person = UserFactory(name="Maire de Vierzon", theme="dark")
    Notification.objects.create(recipient=person, kind="x", key="a", url="/", created_at=timezone.now())
    request = RequestFactory().get("/")
    request.user = person
    with django_assert_num_queries(2):  # the bell, and whether this is a demonstration
        html = render_to_string("404.html", request=request)
    assert 'data-theme="dark"' in html
    assert 'aria-label="Notifications, 1 nouvelle"' in html
    assert "fictifs" not in html


@pytest.mark.django_db
def test_a_demonstration_says_so() -> None:
    UserFactory(is_demo=True)
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert "fictifs" in render_to_string("404.html", request=request)


@pytest.mark.parametrize("page", ["400.html", "403.html", "403_csrf.html", "404.html"])
@pytest.mark.django_db
def test_pages_that_say_no_offer_a_way_on(page: str) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    html = render_to_string(page, request=request)
    assert html.count("<h1>") == 1
    assert 'class="btn primary"' in html
    assert render_to_string(page).count("<h1>") == 1
