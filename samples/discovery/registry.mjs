// The few calls of the registry that the two services here need. Written from the public API description; nothing to install.
const base = process.env.REGISTRY ?? 'http://127.0.0.1:8080/v4/default/registry';

async function call(method, path, body, headers = {}) {
  const response = await fetch(base + path, { method, headers: { 'Content-Type': 'application/json', ...headers }, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok && response.status !== 304) {
    const error = text ? JSON.parse(text) : {};
    throw Object.assign(new Error(`${error.errorCode} ${error.errorMessage}: ${error.detail}`), { code: error.errorCode });
  }
  return { status: response.status, body: text ? JSON.parse(text) : undefined, revision: response.headers.get('X-Resource-Revision') };
}

/** Registers a microservice; the same one twice is the same id. Waits for a registry that is not there yet. */
export async function register(appId, serviceName, version) {
  for (;;) {
    try {
      return (await call('POST', '/microservices', { service: { appId, serviceName, version } })).body.serviceId;
    } catch (error) {
      if (error.code) throw error;
      console.log(`${serviceName}: no registry at ${base} yet`);
      await new Promise(resolve => setTimeout(resolve, 1000));
    }
  }
}

/** Registers an instance and keeps its lease; when the registry does not know it any more it is registered again. */
export async function keepAlive(serviceId, instance, seconds) {
  const healthCheck = { mode: 'push', interval: seconds, times: 3 };
  const add = async instanceId => (await call('POST', `/microservices/${serviceId}/instances`, { instance: { ...instance, instanceId, healthCheck } })).body.instanceId;
  const instanceId = await add();
  setInterval(async () => {
    try {
      await call('PUT', `/microservices/${serviceId}/instances/${instanceId}/heartbeat`);
    } catch (error) {
      if (error.code === '400017') await add(instanceId);
      else console.log(`registry: ${error.message}`);
    }
  }, seconds * 1000);
  return instanceId;
}

/** Looks for a provider's instances; asks with the revision that it has, and keeps what it knows when nothing changed or the registry is away. */
export function finder(consumerId, appId, serviceName) {
  let known = [], revision = '';
  return async () => {
    const query = new URLSearchParams({ appId, serviceName, version: '0+', rev: revision });
    const answer = await call('GET', `/instances?${query}`, undefined, { 'X-ConsumerId': consumerId });
    if (answer.status === 200) [known, revision] = [answer.body.instances, answer.revision];
    return known;
  };
}
