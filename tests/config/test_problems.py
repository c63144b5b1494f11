"""A program gets its errors as problem details, also where no endpoint is."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v1/events/999999/", "/api/v1/events/abc/"])
def test_what_is_not_there_is_a_problem(client, path):
    response = client.get(path)
    assert response.status_code in (401, 404)
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code


def test_a_person_gets_a_page(client):
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
