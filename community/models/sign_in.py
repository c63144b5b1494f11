"""Ways in besides the password: a link by mail for people, a bearer token for programs.

Both tables hold a SHA-256 of the secret, never the secret.
"""

from django.conf import settings
from django.db import models


class SignInLink(models.Model):
    """One e-mailed link. It works once, on any device, for an address that need not have an account yet."""

    email = models.EmailField()
    digest = models.CharField(max_length=64, unique=True)
    next_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.email} {self.created_at:%Y-%m-%d %H:%M}"


class ApiToken(models.Model):
    """A bearer token. It stops working when revoked, expired, or when its owner's password changes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=128)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user} until {self.expires_at:%Y-%m-%d}"
