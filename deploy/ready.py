"""The health check of a web container: exit status 0 when `/readyz` says 200. Standard library only."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
host = os.environ.get("ALLOWED_HOSTS", "localhost").partition(",")[0]
connection.request("GET", "/readyz", headers={"Host": host})
sys.exit(0 if connection.getresponse().status == 200 else 1)
