// Opens watchers of one consumer, changes an instance of its provider some times, and prints how long it takes until all have heard, in ms:
// node watch.mjs URL CONSUMER PROVIDER INSTANCE WATCHERS EVENTS
import http from 'node:http';
import { randomBytes } from 'node:crypto';

const [base, consumer, provider, instance] = process.argv.slice(2, 6);
const [watchers, events] = [Number(process.argv[6]), Number(process.argv[7])];
const sockets = [];
let heard = 0, all = () => {};

function open() {
  return new Promise((resolve, reject) => {
    const request = http.request(`${base}/microservices/${consumer}/watcher`, {
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': randomBytes(16).toString('base64') },
    });
    request.on('upgrade', (_, socket) => {
      // One event is one frame; text frames begin with 0x81. Pings (0x89) are not counted.
      socket.on('data', data => { if (data[0] === 0x81 && ++heard === watchers) all(); });
      sockets.push(socket);
      resolve();
    });
    request.on('response', response => reject(new Error(`${response.statusCode}`)));
    request.on('error', reject);
    request.end();
  });
}

const agent = new http.Agent({ keepAlive: true });
function change(status) {
  return new Promise((resolve, reject) => http.request(
    `${base}/microservices/${provider}/instances/${instance}/status?value=${status}`, { method: 'PUT', agent }, response => {
      response.resume();
      response.on('end', () => response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)));
    }).on('error', reject).end());
}

for (let left = watchers; left > 0; left -= 100) await Promise.all(Array.from({ length: Math.min(100, left) }, open));
const times = [];
for (let n = 0; n < events; n++) {
  heard = 0;
  const done = new Promise(resolve => { all = resolve; });
  const from = process.hrtime.bigint();
  await change(n % 2 ? 'UP' : 'DOWN');
  await done;
  times.push(Number(process.hrtime.bigint() - from) / 1e6);
}
times.sort((a, b) => a - b);
console.log(`${times[times.length >> 1].toFixed(1)} ${times[times.length - 1].toFixed(1)}`);
sockets.forEach(socket => socket.destroy());
agent.destroy();
