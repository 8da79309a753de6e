// A client made from the API descriptions: the types beside it are generated. Reads {endpoint, user, password, domain, project} from standard input.
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import type { paths as Discovery } from './discovery.js';
import type { paths as Iam } from './iam.js';

const task: { endpoint: string; user: string; password: string; domain: string; project: string } = JSON.parse(readFileSync(0, 'utf8'));
const iam = createClient<Iam>({ baseUrl: task.endpoint });

const login = await iam.POST('/v3/auth/tokens', {
  body: {
    auth: {
      identity: { methods: ['password'], password: { user: { name: task.user, password: task.password, domain: { name: task.domain } } } },
      scope: { project: { name: task.project } },
    },
  },
});
const token = login.response.headers.get('X-Subject-Token')!;
const headers = { 'X-Auth-Token': token };

const made = await iam.POST('/v3/users', { headers, body: { user: { name: 'generated', password: 'Generated-by-1' } } });
const again = await iam.POST('/v3/users', { headers, body: { user: { name: 'generated', password: 'Generated-by-1' } } });
const users = await iam.GET('/v3/users', { headers, params: { query: { name: 'generated' } } });

const discovery = createClient<Discovery>({ baseUrl: task.endpoint, headers });
const path = { project: 'default' };
const service = await discovery.POST('/v4/{project}/registry/microservices', {
  params: { path },
  body: { service: { appId: 'shop', serviceName: 'stock', version: '1.0.0' } },
});
const serviceId = service.data!.serviceId;
const instance = await discovery.POST('/v4/{project}/registry/microservices/{serviceId}/instances', {
  params: { path: { ...path, serviceId } },
  body: { instance: { hostName: 'here', endpoints: ['rest://127.0.0.1:8080'] } },
});
const found = await discovery.GET('/v4/{project}/registry/instances', {
  params: { path, query: { appId: 'shop', serviceName: 'stock', version: 'latest' }, header: { 'X-ConsumerId': serviceId } },
});
const missing = await discovery.GET('/v4/{project}/registry/microservices/{serviceId}', { params: { path: { ...path, serviceId: 'none' } } });

process.stdout.write(JSON.stringify({
  statuses: [login, made, again, users, service, instance, found, missing].map((answer) => answer.response.status),
  role: login.data!.token.roles[0]?.name,
  id: made.data!.user.id,
  listed: users.data!.users.map((user) => user.id),
  conflict: again.error && 'error' in again.error ? again.error.error_code : '',
  endpoints: found.data!.instances.flatMap((each) => each.endpoints ?? []),
  instance: [instance.data!.instanceId, ...found.data!.instances.map((each) => each.instanceId)],
  unknown: missing.error && 'errCode' in missing.error ? missing.error.errCode : '',
}));
