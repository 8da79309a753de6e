'use strict';

// Calls every operation that the SDK has, in an order in which they make sense, and writes a table of them to the file named by the first argument. Reads from standard
// input {endpoint, ak, sk, projectId, user: {id, name}, account, region, repository}: the repository holds the tag v1.
const fs = require('node:fs');
const { subscribe } = require('node:diagnostics_channel');
const { BasicCredentials } = require('@huaweicloud/huaweicloud-sdk-core');
const swr = require('@huaweicloud/huaweicloud-sdk-swr');

const task = JSON.parse(fs.readFileSync(0, 'utf8'));
const [namespace, repository] = [task.repository.split('/')[0], task.repository.split('/').slice(1).join('/')];
const image = { namespace, repository };
const made = { namespace: 'sdk-table' };
const kept = {};

const rule = (params) => ({ algorithm: 'or', rules: [{ template: 'date_rule', params, tag_selectors: [{ kind: 'label', pattern: 'v1' }] }] });
const grant = (auth) => [{ user_id: task.user.id, user_name: task.user.name, auth }];
const is = (condition, what) => { if (!condition) throw new Error(what); };
const has = (object, ...names) => names.forEach((name) => is(object[name] !== undefined, `no member ${name}`));
const list = (items) => { is(Array.isArray(items), 'no array'); return items; };

// Operation, request as the wire has it, status, and what the SDK has to make of the answer.
const table = [
  ['listApiVersions', {}, 200, (r) => has(list(r.versions)[0], 'id', 'links', 'version', 'status')],
  ['showApiVersion', { api_version: 'v2' }, 200, (r) => has(r.version, 'id', 'links', 'status')],

  ['createNamespace', { body: made }, 201],
  ['listNamespaces', {}, 200, (r) => has(r.namespaces.find((n) => n.name === made.namespace), 'id', 'auth', 'creator_name', 'repo_count')],
  ['showNamespace', made, 200, (r) => { has(r, 'id', 'creator_name'); is(r.name === made.namespace && r.auth === 7, 'another one'); }],
  ['createNamespaceAuth', { ...made, body: grant(3) }, 201],
  ['showNamespaceAuth', made, 200, (r) => is(r.others_auths[0].user_name === task.user.name && r.self_auth.auth === 7, 'others_auths')],
  ['updateNamespaceAuth', { ...made, body: grant(1) }, 201],
  ['deleteNamespaceAuth', { ...made, body: [task.user.id] }, 204],

  ['createRepo', { ...made, body: { repository: 'web/front', is_public: false, category: 'linux', description: 'made by the SDK' } }, 201],
  ['listReposDetails', { filter: `namespace::${made.namespace}|limit::10|offset::0` }, 200, (r) => {
    is(list(r).length === 1, 'one repository');
    has(list(r)[0], 'name', 'category', 'path', 'tags', 'total_range', 'created_at');
  }],
  ['updateRepo', { ...made, repository: 'web/front', body: { is_public: true, category: 'database', description: 'changed' } }, 201],
  ['showRepository', { ...made, repository: 'web/front' }, 200, (r) => {
    has(r, 'id', 'ns_id', 'num_images', 'internal_path', 'domain_id', 'created');
    is(r.is_public === true && r.category === 'database' && r.description === 'changed', 'what was changed');
  }],

  ['createRepoTag', { ...image, body: { source_tag: 'v1', destination_tag: 'v2', override: true } }, 201],
  ['listRepositoryTags', { ...image, limit: '10', offset: '0' }, 200, (r) => {
    is(list(r).length === 2, 'two tags');
    has(list(r)[0], 'Tag', 'digest', 'image_id', 'manifest', 'path', 'tag_type', 'repo_id');
  }],
  ['deleteRepoTag', { ...image, tag: 'v2' }, 204],

  ['createUserRepositoryAuth', { ...image, body: grant(1) }, 201],
  ['showUserRepositoryAuth', image, 200, (r) => is(r.others_auths[0].user_id === task.user.id && r.self_auth.auth === 7, 'others_auths')],
  ['updateUserRepositoryAuth', { ...image, body: grant(3) }, 201],
  ['deleteUserRepositoryAuth', { ...image, body: [task.user.id] }, 204],

  ['createRepoDomains', { ...image, body: { access_domain: task.account, permit: 'read', deadline: 'forever', description: 'shared' } }, 201],
  ['listRepoDomains', image, 200, (r) => has(list(r)[0], 'access_domain', 'permit', 'deadline', 'status')],
  ['updateRepoDomains', { ...image, access_domain: task.account, body: { permit: 'read', deadline: '2099-01-01T00:00:00Z' } }, 201],
  ['showAccessDomain', { ...image, access_domain: task.account }, 200, (r) => is(r.exist === true && r.access_domain === task.account, 'exist')],
  ['listSharedReposDetails', { center: 'self', filter: 'center::self|limit::10|offset::0' }, 200, (r) => has(list(r)[0], 'name', 'status', 'path')],
  ['deleteRepoDomains', { ...image, access_domain: task.account }, 204],

  ['createRetention', { ...image, body: rule({ days: '30' }) }, 201, (r) => { has(r, 'id'); kept.retention = r.id; }],
  ['listRetentions', image, 200, (r) => has(list(r)[0], 'id', 'algorithm', 'rules', 'scope')],
  ['showRetention', () => ({ ...image, retention_id: kept.retention ?? 0 }), 200, (r) => is(r.rules[0].params.days === '30', 'days')],
  ['updateRetention', () => ({ ...image, retention_id: kept.retention ?? 0, body: rule({ days: '60' }) }), 201],
  ['listRetentionHistories', { ...image, filter: 'limit::10|offset::0' }, 200, (r) => { has(r, 'total'); list(r.retention_log); }],
  ['deleteRetention', () => ({ ...image, retention_id: kept.retention ?? 0 }), 200],

  ['createTrigger', {
    ...image,
    body: {
      action: 'update', app_type: 'deployments', application: 'web', cluster_ns: 'default', condition: '.*', enable: 'true',
      name: 'sdk-trigger', trigger_mode: 'cci', trigger_type: 'all',
    },
  }, 201],
  ['listTriggersDetails', image, 200, (r) => has(list(r)[0], 'name', 'enable', 'trigger_history', 'creator_name')],
  ['updateTrigger', { ...image, trigger: 'sdk-trigger', body: { enable: 'false' } }, 201],
  ['showTrigger', { ...image, trigger: 'sdk-trigger' }, 200, (r) => is(r.enable === 'false' && list(r.trigger_history).length >= 0, 'enable')],
  ['deleteTrigger', { ...image, trigger: 'sdk-trigger' }, 204],

  ['createImageSyncRepo', { ...image, body: { remoteRegionId: task.region, remoteNamespace: 'sdk-copied', syncAuto: false, override: false } }, 200],
  ['listImageAutoSyncReposDetails', image, 200, (r) => has(list(r)[0], 'remoteRegionId', 'remoteNamespace', 'syncAuto', 'repoName')],
  ['createManualImageSyncRepo', { ...image, body: { remoteRegionId: task.region, remoteNamespace: 'sdk-copied', imageTag: ['v1'], override: true } }, 200],
  ['showSyncJob', { ...image, filter: 'limit::10|offset::0|order::desc' }, 200, (r) => has(list(r)[0], 'status', 'tag', 'remoteRegionId')],
  ['deleteImageSyncRepo', { ...image, body: { remoteRegionId: task.region, remoteNamespace: 'sdk-copied' } }, 200],

  ['createSecret', {}, 200, (r) => {
    has(r.auths, task.host);
    is(/^docker login -u .+@[A-Z0-9]{20} -p [0-9a-f]{64} .+$/.test(r['X-Swr-Dockerlogin'] ?? ''), 'X-Swr-Dockerlogin');
  }],
  ['listQuotas', {}, 200, (r) => has(list(r.quotas)[0], 'quota_key', 'quota_limit', 'used')],
  ['showShareFeatureGates', {}, 200, (r) => is(r.enable_authorization_token === true, 'enable_authorization_token')],
  ['showDomainOverview', {}, 200, (r) => { has(r, 'domain_id', 'domain_name', 'namspace_num', 'repo_num', 'image_num', 'store_space', 'downflow_size'); }],
  ['showDomainResourceReports', { resource_type: 'downflow', frequency: 'daily' }, 200, (r) => is(list(r).length === 30, 'thirty days')],

  ['deleteRepo', { ...made, repository: 'web/front' }, 204],
  ['deleteNamespaces', made, 204],
];

// What came over the wire, whatever the SDK makes of it.
let wire;
subscribe('http.client.response.finish', ({ response }) => { wire = { status: response.statusCode, code: response.headers['x-swr-error-code'] }; });

const client = swr.SwrClient.newBuilder()
  .withCredential(new BasicCredentials().withAk(task.ak).withSk(task.sk).withProjectId(task.projectId)).withEndpoint(task.endpoint).build();

(async () => {
  const rows = [];
  for (const [operation, request, status, look] of table) {
    wire = undefined;
    const row = { operation, expected: status, status: 0, result: 'as it should be', code: null };
    try {
      const answer = await client[operation](typeof request === 'function' ? request() : request);
      row.status = answer.httpStatusCode;
      look?.(answer);
    } catch (e) {
      row.status = e.httpStatusCode ?? wire?.status ?? 0;
      row.result = `${e.name}: ${e.errorMsg ?? e.message}`;
    }
    row.code = wire?.code ?? null;
    if (row.result === 'as it should be' && row.status !== status) {
      row.result = `expected ${status}`;
    }
    rows.push(row);
  }
  const own = Object.getOwnPropertyNames(swr.SwrClient.prototype).filter((name) => name !== 'constructor' && name !== 'getPath');
  fs.writeFileSync(process.argv[2], JSON.stringify({ rows, operations: own }));
})();
