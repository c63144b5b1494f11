"""The embedded default: one process, SQLite, in-process layer, everything below DATA_DIR."""

import secrets

from config.settings.base import *
from config.settings.base import SECRET_KEY

# Static files come straight from the sources; WhiteNoise wants the folder of collected ones to exist all the same.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
_key = DATA_DIR / "secret-key"
if not SECRET_KEY:
    if not _key.exists():
        _key.write_text(secrets.token_urlsafe(50))
        _key.chmod(0o600)
    SECRET_KEY = _key.read_text().strip()
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
SITE_URL = env.str("SITE_URL", f"http://localhost:{env.int('PORT', 8000)}").rstrip("/")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
