// The provider: says what is in stock, at an address of its own that it tells the registry.
import http from 'node:http';
import os from 'node:os';
import { keepAlive, register } from './registry.mjs';

const server = http.createServer((request, response) => response.end('42'));
server.listen(0, '127.0.0.1', async () => {
  const address = `127.0.0.1:${server.address().port}`;
  const serviceId = await register('shop', 'stock', '1.0.0');
  await keepAlive(serviceId, { hostName: os.hostname(), endpoints: [`rest://${address}`] }, 5);
  console.log(`stock: at ${address}, registered`);
});
