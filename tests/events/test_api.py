import pytest
from django.test import Client

from events import actions
from events.models import Event, Registration
from tests.events.conftest import PEOPLE, Scene
from tests.events.test_models import SEES
from tests.events.test_views import signed_in
from tests.factories import EventFactory

LIST = "/api/v1/events/"


def put(client: Client, event: Event, body: object) -> object:
    return client.put(f"{LIST}{event.pk}/registration/", body, content_type="application/json")


@pytest.mark.parametrize("who", PEOPLE)
def test_the_api_shows_what_the_pages_show(scene: Scene, who: str) -> None:
    client = signed_in(scene[who])
    listed = client.get(LIST).json()
    assert {row["id"] for row in listed["results"]} == {scene.events[name].pk for name in SEES[who]}
    for name, event in scene.events.items():
        assert client.get(f"{LIST}{event.pk}/").status_code == (200 if name in SEES[who] else 404)


def test_an_answer_by_program(scene: Scene) -> None:
    event = actions.update_event(scene.events["public"], scene["animator"], capacity=1)
    first, second = signed_in(scene["member"]), signed_in(scene["guest"])
    url = f"{LIST}{event.pk}/registration/"
    assert first.get(url).json() == {"state": "", "place_in_line": 0}
    for _time in range(2):
        assert put(first, event, {"coming": True}).json() == {"state": "registered", "place_in_line": 0}
    assert put(second, event, {"coming": True}).json() == {"state": "waiting", "place_in_line": 1}
    assert first.delete(url).status_code == 204
    assert second.get(url).json() == {"state": "registered", "place_in_line": 0}
    assert put(second, event, {"coming": False}).json() == {"state": "declined", "place_in_line": 0}


def test_refusals_are_problem_details(scene: Scene) -> None:
    event = scene.events["public"]
    client = signed_in(scene["member"])
    for body in ({}, {"coming": "peut-être"}, {"state": "registered"}):
        bad = put(client, event, body)
        assert (bad.status_code, bad["Content-Type"]) == (400, "application/problem+json")
    actions.cancel_event(event, scene["animator"])
    late = put(client, event, {"coming": True})
    assert (late.status_code, late.json()["errors"]) == (400, ["Cet événement est annulé."])
    assert put(client, scene.events["draft"], {"coming": True}).status_code == 404
    assert put(Client(), event, {"coming": True}).status_code == 401
    assert not Registration.objects.exists()


def test_the_video_link_is_for_those_who_come(scene: Scene) -> None:
    event = scene.events["public"]
    Event.objects.filter(pk=event.pk).update(format="online", video_link="https://video.example.org/salle")
    actions.register(event, scene["member"])
    for who, shown in (("member", True), ("animator", True), ("guest", False), ("anonymous", False)):
        row = signed_in(scene[who]).get(f"{LIST}{event.pk}/").json()
        assert row["video_url"] == ("https://video.example.org/salle" if shown else None)
        assert "video_link" not in row


def test_filters_and_pages(scene: Scene) -> None:
    EventFactory(title="Formation à Châteauroux", kind="training", format="online")
    client = signed_in(scene["member"])

    def found(query: str) -> int:
        return client.get(f"{LIST}?{query}").json()["count"]

    assert (found(""), found("kind=training"), found("event_format=online"), found("q=chateauroux")) == (
        4,
        1,
        1,
        1,
    )
    assert (found(f"club={scene.club.pk}"), found("past=true"), found("club=x"), found("kind=x")) == (
        3,
        0,
        4,
        4,
    )
    assert found("club=" + "9" * 40) == 0
    assert len(client.get(f"{LIST}?page_size=1").json()["results"]) == 1


@pytest.mark.parametrize("who", ["member", "anonymous"])
def test_a_list_asks_the_same_questions_for_one_row_and_for_three(
    scene: Scene, who: str, django_assert_max_num_queries: object
) -> None:
    client, counts = signed_in(scene[who]), []
    for rows in (1, 3):
        Event.objects.all().delete()
        EventFactory.create_batch(rows, club=scene.club)
        client.get(LIST)
        with django_assert_max_num_queries(12) as asked:
            assert client.get(LIST).json()["count"] == rows
        counts.append(len(asked))
    assert counts[0] == counts[1]
