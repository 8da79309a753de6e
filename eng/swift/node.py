#!/usr/bin/env python3
"""Serves one node of OpenStack Swift with its s3api, all four servers in this process, on loopback and in one folder.

    node.py FOLDER BUCKET    prints "listening on http://127.0.0.1:PORT" when the bucket is there

For tests: one replica, tempauth with one account, no memcached. FOLDER needs a file system with extended attributes.
"""
import json
import os
import sys
from time import time as clock

import eventlet

# Before anything else opens a socket, as Swift's own servers do it.
from swift.common import storage_policy, utils

eventlet.hubs.use_hub(utils.get_hub())
utils.eventlet_monkey_patch()

from eventlet import listen, spawn, wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.swob import Request  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

ADDRESS = '127.0.0.1'
PART_POWER = 4

SWIFT = '''[swift-hash]
swift_hash_path_suffix = stagedoor
swift_hash_path_prefix = tests
[storage-policy:0]
name = one
default = yes
'''

STORAGE = '''[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
log_level = ERROR
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
'''

PROXY = '''[DEFAULT]
swift_dir = {folder}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats bulk s3api tempauth copy slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
conn_timeout = 5
node_timeout = 30
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
check_bucket_owner = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_stagedoor = stagedoor-secret .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
concurrency = 4
'''


class Cache:
    """What Swift wants of memcached, in this process; the proxy is the only one who asks."""

    def __init__(self):
        self.values = {}

    def set(self, key, value, time=0, **_):
        self.values[key] = (json.dumps(value), clock() + time if time else None)

    def get(self, key, **_):
        value, until = self.values.get(key, (None, None))
        return None if value is None or (until and until < clock()) else json.loads(value)

    def delete(self, key, **_):
        self.values.pop(key, None)

    def incr(self, key, delta=1, time=0, **_):
        value = max(0, int(self.get(key) or 0) + delta)
        self.set(key, value, time=time)
        return value

    def decr(self, key, delta=1, time=0, **_):
        return self.incr(key, -delta, time=time)

    def set_multi(self, mapping, server_key=None, time=0, **_):
        for key, value in mapping.items():
            self.set(key, value, time=time)

    def get_multi(self, keys, server_key=None, **_):
        return [self.get(key) for key in keys]


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


def main():
    folder, bucket = os.path.abspath(sys.argv[1]), sys.argv[2]
    os.makedirs(os.path.join(folder, 'devices', 'one'), exist_ok=True)
    try:
        os.setxattr(folder, 'user.swift.probe', b'1')
    except OSError as error:
        sys.exit('%s cannot hold what Swift keeps with its files (extended attributes): %s' % (folder, error))
    write(folder, 'swift.conf', SWIFT)
    utils.set_swift_dir(folder)
    storage_policy.reload_storage_policies()

    sockets = {}
    for kind in ('account', 'container', 'object'):
        sockets[kind] = listen((ADDRESS, 0))
        port = sockets[kind].getsockname()[1]
        ring = RingBuilder(PART_POWER, 1, 0)
        ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1.0, 'ip': ADDRESS, 'port': port, 'device': 'one',
                      'replication_ip': ADDRESS, 'replication_port': port, 'meta': ''})
        ring.rebalance()
        ring.get_ring().save(os.path.join(folder, kind + '.ring.gz'))

    log = open(os.path.join(folder, 'access.log'), 'w', buffering=1)
    quiet = {'log_output': False, 'log': log, 'debug': False}
    for kind, socket in sockets.items():
        app = loadapp(write(folder, kind + '-server.conf', STORAGE.format(folder=folder, kind=kind)), global_conf={'log_requests': 'false'})
        spawn(wsgi.server, socket, app, max_size=256, **quiet)
    proxy = listen((ADDRESS, 0))
    app = loadapp(write(folder, 'proxy-server.conf', PROXY.format(folder=folder)), global_conf={})
    cache = Cache()

    def cached(environment, start_response):
        environment['swift.cache'] = cache
        return app(environment, start_response)

    # Account and bucket, by Swift's own API and past its login.
    made = Request.blank('/v1/AUTH_test/' + bucket, {'REQUEST_METHOD': 'PUT', 'swift.authorize_override': True, 'swift_owner': True}).get_response(cached)
    if made.status_int // 100 != 2:
        sys.exit('the bucket could not be made: %s' % made.status)
    print('listening on http://%s:%d' % (ADDRESS, proxy.getsockname()[1]), flush=True)
    wsgi.server(proxy, cached, max_size=256, **quiet)


if __name__ == '__main__':
    main()
