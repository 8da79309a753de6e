#!/usr/bin/env python3
"""Pushes one blob over one connection, as real clients do: whole, or in chunks that follow the Location of each answer.

push.py BASE HEADER FILE DIGEST [CHUNK_MIB]     BASE is http://HOST:PORT, HEADER one `Name: value`

The bytes are copied as clients do it. Sent straight from the page cache (sendfile) they arrive in single pages, which costs the receiver a third more."""

import http.client
import os
import sys
from urllib.parse import urlsplit

base, header, path, digest = sys.argv[1:5]
chunk = int(sys.argv[5]) << 20 if len(sys.argv) > 5 else 0
name, _, value = header.partition(": ")
buffer = memoryview(bytearray(256 << 10))
connection = http.client.HTTPConnection(urlsplit(base).netloc)


def send(method, location, expected, start=0, count=0, content_range=None):
    """Sends bytes of the file; returns where to go on."""
    url = urlsplit(location)
    connection.putrequest(method, url.path + ("?" + url.query if url.query else ""), skip_accept_encoding=True)
    connection.putheader(name, value)
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(count))
    if content_range:
        connection.putheader("Content-Range", content_range)
    connection.endheaders()
    file.seek(start)
    while count > 0:
        read = file.readinto(buffer[:count])
        connection.sock.sendall(buffer[:read])
        count -= read
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != expected:
        sys.exit(f"push: {method} {location}: {answer.status} {body[:300]!r}")
    return answer.getheader("Location")


with open(path, "rb", buffering=0) as file:
    size = os.fstat(file.fileno()).st_size
    location = send("POST", "/v2/bench/app/blobs/uploads/", 202)
    whole = (0, size)
    if chunk:
        for at in range(0, size, chunk):
            count = min(chunk, size - at)
            location = send("PATCH", location, 202, at, count, f"{at}-{at + count - 1}")
        whole = (0, 0)
    send("PUT", f"{location}{'&' if '?' in location else '?'}digest={digest}", 201, *whole)
