'use strict';

// Reads {endpoint, ak, sk, projectId?, region?, calls: [[operation, arguments]]} from standard input, makes the calls one after the other
// and writes what each of them gave to the file named by the first argument. The SDK itself logs to standard output.
const fs = require('node:fs');
const { subscribe } = require('node:diagnostics_channel');
const { BasicCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const { Region } = require('@huaweicloud/huaweicloud-sdk-core/region/region');
const swr = require('@huaweicloud/huaweicloud-sdk-swr');

const task = JSON.parse(fs.readFileSync(0, 'utf8'));
const requests = {
  createNamespace: ({ namespace }) => new swr.CreateNamespaceRequest().withBody(new swr.CreateNamespaceRequestBody(namespace)),
  listNamespaces: () => new swr.ListNamespacesRequest(),
  showNamespace: ({ namespace }) => new swr.ShowNamespaceRequest(undefined, namespace),
  deleteNamespaces: ({ namespace }) => new swr.DeleteNamespacesRequest(undefined, namespace),
};

// What came over the wire, whatever the SDK makes of it.
const wire = [];
subscribe('http.client.response.finish', ({ request, response }) => wire.push({
  path: request.path,
  status: response.statusCode,
  requestId: response.headers['x-request-id'],
}));

const credentials = new BasicCredentials().withAk(task.ak).withSk(task.sk);
const builder = swr.SwrClient.newBuilder();
const client = task.projectId
  ? builder.withCredential(credentials.withProjectId(task.projectId)).withEndpoint(task.endpoint).build()
  : builder.withCredential(credentials.withIamEndpoint(task.endpoint)).withRegion(new Region(task.region, task.endpoint)).build();

(async () => {
  const outcomes = [];
  for (const [operation, values] of task.calls) {
    try {
      const body = await client[operation](requests[operation](values ?? {}));
      outcomes.push({ operation, status: body.httpStatusCode, body });
    } catch (e) {
      outcomes.push({ operation, exception: e.name, status: e.httpStatusCode, code: e.errorCode, message: e.errorMsg, requestId: e.requestId });
    }
  }
  fs.writeFileSync(process.argv[2], JSON.stringify({ outcomes, wire }));
})();
