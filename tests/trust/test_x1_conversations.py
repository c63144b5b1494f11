"""X1: what people write in a conversation never becomes part of the page. The browser's half: tests/e2e/test_chat.py."""

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from messaging import actions
from tests.messaging.club import Club
from tests.trust.corpus import HOSTILE

pytestmark = pytest.mark.django_db

OURS = {"/static/js/site.js", "/static/js/room/room.js"}


class Page(HTMLParser):
    """Collects what would run or leave the site."""

    def __init__(self, html):
        super().__init__()
        self.faults = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag == "script" and attributes.get("src") not in OURS:
            self.faults.append((tag, attributes))
        if tag in ("iframe", "object", "embed", "base", "style", "math", "img"):
            self.faults.append((tag, attributes))
        for name, value in attributes.items():
            acts = name.startswith("on") or name in ("style", "srcdoc", "formaction")
            leaves = name in ("href", "src", "action") and value.strip().lower().startswith(
                ("javascript:", "data:", "vbscript:")
            )
            if acts or leaves:
                self.faults.append((tag, attributes))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_text(client, text):
    club = Club(name="Cœur", lead=text.replace("\0", "")[:150])
    topic = club.topic(text[:150], body=text)
    direct = actions.open_direct(club.lead.pk, club.reader.pk)
    actions.post_message(club.lead.pk, direct.pk, text, limited=False)
    client.force_login(club.reader)
    number = topic.messages.get().number
    addresses = [
        reverse("messaging:club_detail", args=[club.club.slug]),
        reverse("messaging:topic_list", args=[club.club.slug]),
        reverse("messaging:topic_detail", args=[topic.room_id, topic.pk]),
        reverse("messaging:room_detail", args=[direct.pk]),
        reverse("messaging:direct_list"),
    ]
    assert {address: Page(read(client, address)).faults for address in addresses} == {
        key: [] for key in addresses
    }
    client.force_login(club.lead)
    own = [reverse(f"messaging:message_{verb}", args=[topic.room_id, number]) for verb in ("edit", "delete")]
    assert {address: Page(read(client, address)).faults for address in own} == {key: [] for key in own}


def read(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_parser_sees_what_it_looks_for():
    html = "<script>1</script><img src=x onerror=1><a href=' JavaScript:1'>x</a><p style='x'>"
    assert len(Page(html).faults) == 5
