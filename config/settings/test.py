"""For the suite: fast hashes, mail in memory, files in a folder of their own, nothing shared between processes."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.settings.base import *

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

SECRET_KEY = "test-key-that-guards-nothing-" + "x" * 40
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
SITE_URL = "http://testserver"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DATA_DIR = Path(tempfile.mkdtemp(prefix="entrevilles-test-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
MEDIA_ROOT = DATA_DIR / "media"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir()
MATCHING_INDEX_DIR = DATA_DIR / "matching"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
WHITENOISE_USE_FINDERS = True
# tests/conftest.py puts an object here that fails the test.
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "[[unknown variable: %s]]"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not :memory: — concurrency tests open real second connections.
    DATABASES["default"]["NAME"] = DATA_DIR / "test.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
if REDIS_URL:
    CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"entrevilles-{WORKER}"
    CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] = REDIS_URL
    CHANNEL_LAYERS["default"]["CONFIG"]["symmetric_encryption_keys"] = [SECRET_KEY]
if CACHE_URL:
    CACHES["default"]["LOCATION"] = f"{CACHE_URL.rpartition('/')[0]}/{int(WORKER.removeprefix('gw')) + 1}"
