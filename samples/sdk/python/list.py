"""Creates an organization, lists organizations and projects, with the official SDK for Python."""

import json
import os

from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkiam.v3 import IamClient, KeystoneListProjectsRequest
from huaweicloudsdkswr.v2 import CreateNamespaceRequest, CreateNamespaceRequestBody, ListNamespacesRequest, SwrClient

door = os.environ.get("DOOR", "http://127.0.0.1:8080")
keys = json.load(open("data/first-run.json"))
ak, sk = keys["accessKey"], keys["secretKey"]

# Without a project the SDK asks IAM, at the address of the credentials, for the project that has the region's name.
swr = SwrClient.new_builder() \
    .with_credentials(BasicCredentials(ak, sk).with_iam_endpoint(door)) \
    .with_region(Region(keys["project"], door)) \
    .build()
swr.create_namespace(CreateNamespaceRequest(body=CreateNamespaceRequestBody(namespace="sdk-python")))
print([n.name for n in swr.list_namespaces(ListNamespacesRequest()).namespaces])

iam = IamClient.new_builder() \
    .with_credentials(GlobalCredentials(ak, sk, keys["domainId"]).with_iam_endpoint(door)) \
    .with_endpoint(door) \
    .build()
print([p.name for p in iam.keystone_list_projects(KeystoneListProjectsRequest()).projects])
