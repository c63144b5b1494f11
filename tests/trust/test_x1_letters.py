"""X1: what a mayor writes to another town, and what a town is called, never becomes part of a page."""

import pytest
from django.test import Client
from django.urls import reverse

from matching import actions
from tests.matching.towns import FRICHES, mayor_of, member
from tests.trust.corpus import HOSTILE
from tests.trust.test_x1_conversations import Page

pytestmark = pytest.mark.django_db


def faults(html: str) -> list[object]:
    """What would run or leave the site, beyond our own scripts."""
    return [
        (tag, attributes)
        for tag, attributes in Page(html).faults
        if not (tag == "script" and attributes.get("src", "").startswith("/static/"))
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_x1_a_hostile_letter_from_a_hostile_town(client: Client, text: str) -> None:
    name = text.replace("\0", "")[:60]
    ours, theirs = member(name, offered=(FRICHES,)), member("Ózd", wanted=(FRICHES,))
    letter = actions.send_introduction(mayor_of(ours), ours, theirs, text, limited=False)
    client.force_login(mayor_of(theirs))
    here = theirs.territory_id
    addresses = [
        reverse("matching:town_matches", args=[here]),
        reverse("matching:invite_town", args=[here, ours.territory_id]),
        reverse("matching:write_letter", args=[ours.territory_id]),
        reverse("matching:letter_list"),
        reverse("matching:letter", args=[letter.pk]),
        reverse("matching:decline_letter", args=[letter.pk]),
    ]
    found = {address: faults(client.get(address).content.decode()) for address in addresses}
    assert found == {address: [] for address in addresses}
    actions.refuse_town(mayor_of(theirs), theirs, ours.territory, "size")
    refused = client.get(reverse("matching:refused_towns", args=[here])).content.decode()
    assert faults(refused) == []
