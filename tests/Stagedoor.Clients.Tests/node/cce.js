'use strict';

// Reads {endpoint, projectId, ak, sk, token?, calls: [[operation, arguments]]} from standard input, makes the calls one after the other and
// writes what each of them gave to the file named by the first argument. With a token it is sent instead of a signature. Where no id is given the add-on that
// was created last is meant, and {until} repeats a call until the add-on has that status. The SDK itself logs to standard output.
const fs = require('node:fs');
const { BasicCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const cce = require('@huaweicloud/huaweicloud-sdk-cce');

const json = 'application/json';
const task = JSON.parse(fs.readFileSync(0, 'utf8'));
let created;

const body = (kind, { cluster, template, version, values, annotation }) => new cce.InstanceRequest(
  'Addon', 'v3', new cce.Metadata().withAnnotations({ [annotation ?? `addon.${kind}/type`]: kind }), new cce.InstanceRequestSpec(version, cluster, values ?? {}, template));
const requests = {
  listAddonTemplates: ({ template }) => new cce.ListAddonTemplatesRequest(json).withAddonTemplateName(template),
  createAddonInstance: (a) => new cce.CreateAddonInstanceRequest(json).withBody(body('install', a)),
  listAddonInstances: ({ cluster }) => new cce.ListAddonInstancesRequest(json, cluster),
  showAddonInstance: ({ id }) => new cce.ShowAddonInstanceRequest(json, id ?? created),
  updateAddonInstance: (a) => new cce.UpdateAddonInstanceRequest(a.id ?? created, json).withBody(body('upgrade', a)),
  deleteAddonInstance: ({ id, cluster }) => new cce.DeleteAddonInstanceRequest(json, id ?? created).withClusterId(cluster),
};

// What an SDK takes as a credential is whatever makes a request somebody's.
const withToken = {
  processAuthParams: async () => withToken,
  processAuthRequest: async (_, request) => Object.assign(request, { headers: { ...request.headers, 'X-Auth-Token': task.token } }),
};
const keys = new BasicCredentials().withAk(task.ak).withSk(task.sk).withProjectId(task.projectId);
const client = cce.CceClient.newBuilder().withCredential(task.token ? withToken : keys).withEndpoint(task.endpoint).build();

const call = async (operation, values) => {
  try {
    const answer = await client[operation](requests[operation](values));
    return { operation, status: answer.httpStatusCode, body: answer };
  } catch (e) {
    return { operation, exception: e.name, status: e.httpStatusCode, code: e.errorCode, message: e.errorMsg, requestId: e.requestId };
  }
};

(async () => {
  const outcomes = [];
  for (const [operation, values] of task.calls) {
    let outcome = await call(operation, values ?? {});
    for (let i = 0; values?.until && outcome.body?.status?.status !== values.until && outcome.code !== values.until && i < 300; i++) {
      await new Promise((done) => setTimeout(done, 100));
      outcome = await call(operation, values);
    }

    created = operation === 'createAddonInstance' ? outcome.body?.metadata?.uid ?? created : created;
    outcomes.push(outcome);
  }
  fs.writeFileSync(process.argv[2], JSON.stringify({ outcomes }));
})();
