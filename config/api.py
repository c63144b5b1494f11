"""What every API endpoint shares: pages of at most 100, and how the schema names the way in."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.pagination import PageNumberPagination


class Pagination(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 100


class BearerScheme(OpenApiAuthenticationExtension):
    """The schema's word for `community.tokens.BearerAuthentication`: drf-spectacular finds it by itself."""

    target_class = "community.tokens.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
