// The client of bench/images-growth.sh: fills a server with tags, and measures single requests.
//
//   growth.mjs URL first-run.json fill FROM TO TAGS                   repositories FROM up to TO with TAGS tags each, and as many tags in growth/wide; tags per second
//   growth.mjs URL first-run.json measure COUNT TAGS REQUESTS PAGE    what requests take among COUNT repositories, in pages of PAGE: lines of name, p50 and p99 in ms
//   growth.mjs URL first-run.json drop                                deletes the manifest of growth/wide: tags, seconds, median and longest push meanwhile in ms
//   growth.mjs URL first-run.json orphans COUNT                       uploads blobs that no image has
//   growth.mjs URL first-run.json collect                             removes what nothing needs: blobs, seconds, median and longest push and pull meanwhile in ms
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const [base, file, verb, ...numbers] = process.argv.slice(2);
const [from, to, tags, page] = numbers.map(Number);
const login = JSON.parse(fs.readFileSync(file, 'utf8'));
const basic = `Basic ${Buffer.from(`${login.registryUser}:${login.registryKey}`).toString('base64')}`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
const type = 'application/vnd.oci.image.manifest.v1+json';
const manage = '/v2/manage/namespaces/growth';
// What one request takes at most beside the digest (OCI distribution: PUT of a manifest with tags).
const atOnce = 20;
let token;

function send(method, path, { body, headers = {}, expect = [200, 201, 202, 204] } = {}) {
  const bytes = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const isManage = path.startsWith('/v2/manage') || path.startsWith('/v3');
  const all = {
    ...(isManage ? { 'X-Auth-Token': token ?? '', 'Content-Type': 'application/json' } : { Authorization: basic }),
    'Content-Length': bytes?.length ?? 0, ...headers };
  return new Promise((resolve, reject) => {
    const request = http.request(base + path, { method, agent, headers: all }, response => {
      const parts = [];
      response.on('data', part => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        return expect.includes(response.statusCode) ? resolve({ status: response.statusCode, headers: response.headers, text })
          : reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`));
      });
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

async function logIn() {
  const password = { user: { name: login.user, password: login.password, domain: { name: login.domain } } };
  const answer = await send('POST', '/v3/auth/tokens', { body: { auth: { identity: { methods: ['password'], password }, scope: { project: { name: login.project } } } } });
  token = answer.headers['x-subject-token'];
}

const digestOf = bytes => `sha256:${crypto.createHash('sha256').update(bytes).digest('hex')}`;
const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}');
const name = n => `r${String(n).padStart(7, '0')}`;
const tag = n => `v${String(n).padStart(7, '0')}`;
const image = (label, layers = []) => Buffer.from(JSON.stringify({
  schemaVersion: 2, mediaType: type, config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length }, layers, annotations: { label } }));
const pushBlob = (repository, bytes) => send('POST', `/v2/growth/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, { body: bytes, headers: { 'Content-Type': 'application/octet-stream' } });
const pushTags = (repository, bytes, names) => send(
  'PUT', `/v2/growth/${repository}/manifests/${digestOf(bytes)}?${names.map(n => `tag=${n}`).join('&')}`, { body: bytes, headers: { 'Content-Type': type } });
const push = (repository, reference, bytes) => send('PUT', `/v2/growth/${repository}/manifests/${reference}`, { body: bytes, headers: { 'Content-Type': type } });

/** A repository with so many tags, twenty on each manifest. */
async function fillRepository(repository, count) {
  await send('POST', `/v2/growth/${repository}/blobs/uploads/?mount=${digestOf(config)}&from=growth/wide`, { expect: [201] });
  for (let first = 0; first < count; first += atOnce) {
    const names = Array.from({ length: Math.min(atOnce, count - first) }, (_, i) => tag(first + i));
    await pushTags(repository, image(`${repository} ${first}`), names);
  }
}

async function fill() {
  if (from === 0) {
    await send('POST', '/v2/manage/namespaces', { body: { namespace: 'growth' } });
    await pushBlob('wide', config);
  }
  const work = [];
  for (let n = from; n < to; n++) {
    work.push(() => fillRepository(name(n), tags));
    for (let first = n * tags; first < (n + 1) * tags; first += atOnce) {
      const names = Array.from({ length: Math.min(atOnce, (n + 1) * tags - first) }, (_, i) => tag(first + i));
      work.push(() => pushTags('wide', image('wide'), names));
    }
  }
  const begun = process.hrtime.bigint();
  let next = 0;
  await Promise.all(Array.from({ length: 32 }, async () => { while (next < work.length) await work[next++](); }));
  console.log((2 * (to - from) * tags / (Number(process.hrtime.bigint() - begun) / 1e9)).toFixed(0));
}

const timed = async action => {
  const begun = process.hrtime.bigint();
  await action();
  return Number(process.hrtime.bigint() - begun) / 1e6;
};
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];

async function measure() {
  const [count, each, requests] = [from, to, tags];
  const all = count * each;
  const any = () => name(crypto.randomInt(count));
  const some = () => tag(crypto.randomInt(each));
  const run = crypto.randomBytes(4).toString('hex');
  const rule = { algorithm: 'or', rules: [{ template: 'tag_rule', params: { num: String(Math.ceil(each / 2)) }, tag_selectors: [] }] };
  const get = path => async () => { await send('GET', path()); };
  const keep = [];
  const steps = [
    ['tags of a repository', requests, get(() => `/v2/growth/${any()}/tags/list?n=100`)],
    ['tags of the large one, first page', requests, get(() => '/v2/growth/wide/tags/list?n=100')],
    ['tags of the large one, middle', requests, get(() => `/v2/growth/wide/tags/list?n=100&last=${tag(crypto.randomInt(all))}`)],
    ['tags with details', requests, get(() => `${manage}/repos/${any()}/tags?limit=100&offset=0`)],
    ['tags with details of the large one', requests, get(() => `${manage}/repos/wide/tags?limit=100&offset=0`)],
    // By name, so that the large one is not among them: an answer has all tags of its repositories.
    ['repositories, first page by name', requests, get(() => `/v2/manage/repos?namespace=growth&order_column=name&order_type=asc&limit=${page}&offset=0`)],
    ['repositories, filter by name', requests, get(() => `/v2/manage/repos?namespace=growth&name=${any()}`)],
    ['catalog, first page', requests, get(() => `/v2/_catalog?n=${page}`)],
    ['catalog, middle', requests, get(() => `/v2/_catalog?n=${page}&last=growth/${name(crypto.randomInt(count - page + 1))}`)],
    ['pull by tag, any repository', requests, get(() => `/v2/growth/${any()}/manifests/${some()}`)],
    ['pull by tag, the large one', requests, get(() => `/v2/growth/wide/manifests/${tag(crypto.randomInt(all))}`)],
    ['push an image, any repository', requests, async i => {
      const [repository, layer] = [any(), crypto.randomBytes(1024)];
      await pushBlob(repository, layer);
      await push(repository, `p-${run}-${i}`, image(run, [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length }]));
      keep.push(`${repository}/manifests/p-${run}-${i}`);
    }],
    ['push a tag, the large one', requests, i => push('wide', `p-${run}-${i}`, image('wide'))],
    ['delete a tag, any repository', requests, i => send('DELETE', `/v2/growth/${keep[i]}`)],
    ['delete a tag, the large one', requests, i => send('DELETE', `/v2/growth/wide/manifests/p-${run}-${i}`)],
    ['retention, dry run', Math.ceil(requests / 10), () => send('POST', `${manage}/repos/${any()}/retentions?dry_run=true`, { body: rule })],
  ];
  for (const [label, times, action] of steps) {
    const taken = [];
    for (let i = 0; i < times; i++) taken.push(await timed(() => action(i)));
    report(label, taken);
  }

  // A rule deletes half of a repository's tags: from its request to the last of them in its history.
  const taken = [];
  for (let i = 0; i < 3; i++) {
    const repository = `retained-${run}-${i}`;
    await fillRepository(repository, each);
    taken.push(await timed(async () => {
      await send('POST', `${manage}/repos/${repository}/retentions`, { body: rule });
      while (JSON.parse((await send('GET', `${manage}/repos/${repository}/retentions/histories?limit=1&offset=0`)).text).total < Math.floor(each / 2)) {
        await new Promise(resolve => { setTimeout(resolve, 5); });
      }
    }));
  }
  report(`retention, ${Math.floor(each / 2)} tags go`, taken);
}

function report(label, taken) {
  taken.sort((a, b) => a - b);
  console.log(`${label}\t${quantile(taken, 0.5).toFixed(3)}\t${quantile(taken, 0.99).toFixed(3)}`);
}

/** Pushes and pulls, one after the other, until the work is done: how long that took, and the times of the others, in order. */
async function beside(work) {
  let done = false;
  const [pushes, pulls] = [[], []];
  const others = (async () => {
    for (let i = 0; !done; i++) {
      pushes.push(await timed(() => push('beside', `t${i % 10}`, image(`beside ${i}`))));
      pulls.push(await timed(() => send('GET', `/v2/growth/beside/manifests/t${i % 10}`)));
    }
  })();
  const taken = await timed(work);
  done = true;
  await others;
  for (const times of [pushes, pulls]) times.sort((a, b) => a - b);
  return { seconds: (taken / 1000).toFixed(2), shown: [pushes, pulls].map(t => `${quantile(t, 0.5).toFixed(1)} ${t.at(-1).toFixed(1)}`) };
}

async function drop() {
  const count = JSON.parse((await send('GET', `${manage}/repos/wide`)).text).num_images;
  const { seconds, shown } = await beside(() => send('DELETE', `/v2/growth/wide/manifests/${digestOf(image('wide'))}`));
  console.log(`${count} ${seconds} ${shown[0]}`);
}

async function orphans() {
  let next = 0;
  await Promise.all(Array.from({ length: 32 }, async (_, n) => { while (next++ < from) await pushBlob(`orphans${n}`, crypto.randomBytes(100)); }));
}

async function collect() {
  let collected;
  const { seconds, shown } = await beside(async () => { collected = JSON.parse((await send('POST', '/v2/manage/gc')).text); });
  console.log(`${collected.deleted_blobs} ${seconds} ${shown.join(' ')}`);
}

await logIn();
if (verb === 'drop' || verb === 'collect') await send('POST', `/v2/growth/beside/blobs/uploads/?mount=${digestOf(config)}&from=growth/wide`, { expect: [201] });
await { fill, measure, drop, orphans, collect }[verb]();
agent.destroy();
