"""Production: PostgreSQL, Redis, TLS in front. Refuses to start on a setting that would hurt people."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *

REFUSED_KEYS = {"", "change-me", "insecure", "secret"}
if SECRET_KEY.lower() in REFUSED_KEYS or len(SECRET_KEY) < 50 or SECRET_KEY.startswith("django-insecure"):
    raise ImproperlyConfigured("SECRET_KEY must be a random text of at least 50 characters.")
if env.bool("DEBUG", False):
    raise ImproperlyConfigured("DEBUG shows secrets to visitors; it cannot be on in production.")
if not ALLOWED_HOSTS or any("*" in host for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; '*' would switch the Origin check off.")
if not SITE_URL.startswith("https://"):
    raise ImproperlyConfigured("SITE_URL must be the public https:// address; links in mails start with it.")
if not REDIS_URL or DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    raise ImproperlyConfigured("DATABASE_URL (PostgreSQL) and REDIS_URL are needed in production.")
if not CACHE_URL:
    raise ImproperlyConfigured(
        "CACHE_URL (a Redis of its own) is needed: limits on sign-in count across processes."
    )

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
ALLAUTH_TRUSTED_PROXY_COUNT = 1
REST_FRAMEWORK["NUM_PROXIES"] = 1
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
