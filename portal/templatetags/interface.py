"""Template tags of the interface; builtins, so no template loads them."""

from django import template

register = template.Library()
