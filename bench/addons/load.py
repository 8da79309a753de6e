"""Calls the add-on manager over HTTP and prints how fast that went. See ../addons.sh.

  load.py publish URL TOKEN TEMPLATES VERSIONS CLIENTS   publishes t0.. with versions 1.0.0..; prints versions a second
  load.py list URL TOKEN PATH REQUESTS                   asks one after the other; prints p50 ms, p99 ms, bytes, items
  load.py install URL TOKEN PROJECT TEMPLATES CLIENTS    registers a cluster, installs t0.. in it and waits; prints installs a second and the cluster's id
"""
import gzip
import http.client
import io
import json
import queue
import sys
import tarfile
import threading
import time
import urllib.parse

ADDON = """labels: [Maintenance]
supportVersions: [{clusterType: VirtualMachine, clusterVersion: ["v1.(19|2[0-9]).*"], category: [CCE, Turbo]}]
input: {basic: {image_version: "%s", swr_addr: "", swr_user: official}, parameters: {custom: {log_level: info, interval: 30},
  flavor1: {name: small, replicas: 1, resources: [{name: probe, limitsCpu: 100m, limitsMem: 128Mi, requestsCpu: 50m, requestsMem: 64Mi}]}, flavor2: {name: large, replicas: 3}}}
translate: {en_US: {addon: {changeLog: "Smaller and faster, again", description: Watches nodes}}, zh_CN: {addon: {changeLog: "更小更快", description: "监视节点"}}}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\ndata: {level: '{{ .Values.custom.log_level }}', version: '{{ .Chart.Version }}'}\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: '{{ .Release.Name }}'}
spec:
  replicas: {{ .Values.flavor.replicas }}
  selector: {matchLabels: {app: '{{ .Release.Name }}'}}
  template: {metadata: {labels: {app: '{{ .Release.Name }}'}}, spec: {containers: [{name: probe, image: 'probe:{{ .Chart.Version }}'}]}}
"""


class Api:
    """One connection."""

    def __init__(self, url, token):
        self.host = urllib.parse.urlparse(url).netloc
        self.token = token
        self.connection = http.client.HTTPConnection(self.host, timeout=120)

    def call(self, method, path, body=None, kind="application/json", expected=(200, 201)):
        headers = {"X-Auth-Token": self.token}
        if body is not None:
            headers["Content-Type"] = kind
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status not in expected:
            raise RuntimeError(f"{method} {path}: {response.status}: {text[:500]}")
        return text


def package(name, version):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for path, text in (
            ("Chart.yaml", f"apiVersion: v2\nname: {name}\nversion: {version}\ndescription: Watches nodes\n"),
            ("addon.yaml", ADDON % version),
            ("templates/config.yaml", CONFIG),
            ("templates/deployment.yaml", DEPLOYMENT),
        ):
            data = text.encode()
            info = tarfile.TarInfo(f"{name}/{path}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def each(url, token, work, clients, do):
    """Does something for every item, with so many connections; answers the seconds."""
    todo = queue.SimpleQueue()
    for item in work:
        todo.put(item)
    failures = []

    def run():
        api = Api(url, token)
        try:
            while not failures:
                do(api, todo.get_nowait())
        except queue.Empty:
            pass
        except Exception as problem:  # told by the main thread
            failures.append(problem)

    start = time.monotonic()
    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.monotonic() - start


def publish(url, token, templates, versions, clients):
    def one(api, item):
        form = package(f"t{item[0]}", f"1.{item[1]}.0")
        body = b"--x\r\nContent-Disposition: form-data; name=\"content\"; filename=\"p.tgz\"\r\n\r\n" + form + b"\r\n--x--\r\n"
        api.call("POST", "/api/v3/addontemplates", body, "multipart/form-data; boundary=x", (201, 409))

    work = [(t, v) for v in range(versions) for t in range(templates)]
    print(f"{len(work) / each(url, token, work, clients, one):.1f}")


def measure(url, token, path, requests):
    api = Api(url, token)
    text = b""
    for _ in range(5):
        text = api.call("GET", path)
    times = []
    for _ in range(requests):
        start = time.monotonic()
        api.call("GET", path)
        times.append((time.monotonic() - start) * 1000)
    times.sort()
    print(f"{times[len(times) // 2]:.1f} {times[min(len(times) - 1, len(times) * 99 // 100)]:.1f} {len(text)} {len(json.loads(text)['items'])}")


def install(url, token, project, templates, clients):
    api = Api(url, token)
    cluster = json.loads(api.call("POST", f"/api/v3/projects/{project}/clusters", {
        "kind": "Cluster", "apiVersion": "v3", "metadata": {"name": f"bench-{int(time.time())}", "annotations": {"cluster.install.addons/install": "[]"}},
        "spec": {"type": "VirtualMachine", "version": "v1.28"},
    }))["metadata"]["uid"]

    def one(api, template):
        api.call("POST", "/api/v3/addons", {
            "kind": "Addon", "apiVersion": "v3", "metadata": {"annotations": {"addon.install/type": "install"}},
            "spec": {"clusterID": cluster, "addonTemplateName": f"t{template}", "version": "1.0.0", "values": {}},
        })

    start = time.monotonic()
    asked = each(url, token, range(templates), clients, one)
    while True:
        statuses = [i["status"]["status"] for i in json.loads(api.call("GET", f"/api/v3/addons?cluster_id={cluster}"))["items"]]
        if statuses.count("running") == templates:
            break
        if any(s.endswith("Failed") for s in statuses):
            raise RuntimeError("an install has failed")
        time.sleep(0.2)
    print(f"{templates / (time.monotonic() - start):.1f} {templates / asked:.1f} {cluster}")


what, arguments = sys.argv[1], sys.argv[2:]
if what == "publish":
    publish(arguments[0], arguments[1], *map(int, arguments[2:]))
elif what == "list":
    measure(arguments[0], arguments[1], arguments[2], int(arguments[3]))
elif what == "install":
    install(arguments[0], arguments[1], arguments[2], *map(int, arguments[3:]))
else:
    sys.exit(__doc__)
