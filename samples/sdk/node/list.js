// Creates an organization, lists organizations and projects, with the official SDK for Node.
'use strict';
const fs = require('node:fs');
const { BasicCredentials, GlobalCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const { Region } = require('@huaweicloud/huaweicloud-sdk-core/region/region');
const { IamClient, KeystoneListProjectsRequest } = require('@huaweicloud/huaweicloud-sdk-iam/v3/public-api');
const { SwrClient, CreateNamespaceRequest, CreateNamespaceRequestBody, ListNamespacesRequest } = require('@huaweicloud/huaweicloud-sdk-swr');

const door = process.env.DOOR ?? 'http://127.0.0.1:8080';
const keys = JSON.parse(fs.readFileSync('data/first-run.json', 'utf8'));

async function main() {
  // Without a project the SDK asks IAM, at the address of the credentials, for the project that has the region's name.
  const account = new BasicCredentials().withAk(keys.accessKey).withSk(keys.secretKey).withIamEndpoint(door);
  const images = SwrClient.newBuilder().withCredential(account).withRegion(new Region(keys.project, door)).build();
  await images.createNamespace(new CreateNamespaceRequest().withBody(new CreateNamespaceRequestBody('sdk-node')));
  for (const organization of (await images.listNamespaces(new ListNamespacesRequest())).namespaces) console.log(organization.name);

  const global = new GlobalCredentials().withAk(keys.accessKey).withSk(keys.secretKey).withDomainId(keys.domainId).withIamEndpoint(door);
  const identity = IamClient.newBuilder().withCredential(global).withEndpoint(door).build();
  for (const project of (await identity.keystoneListProjects(new KeystoneListProjectsRequest())).projects) console.log(project.name);
}

main();
