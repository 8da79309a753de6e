// Registers instances through 64 connections and says how fast: node fill.mjs URL SERVICE_ID COUNT PREFIX
import http from 'node:http';

const [base, service, count, prefix] = [process.argv[2], process.argv[3], Number(process.argv[4]), process.argv[5]];
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const url = new URL(`${base}/microservices/${service}/instances`);
let next = 0;

function register(n) {
  const body = JSON.stringify({ instance: {
    instanceId: `${prefix}${n}`, hostName: `host-${n}`, status: 'UP', endpoints: [`rest://10.${n >> 16 & 255}.${n >> 8 & 255}.${n & 255}:8080?sslEnabled=false`],
    healthCheck: { mode: 'push', interval: 3600, times: 3 } } });
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent, headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } }, response => {
      response.resume();
      response.on('end', () => response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode} for ${n}`)));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const from = process.hrtime.bigint();
await Promise.all(Array.from({ length: 64 }, async () => { while (next < count) await register(next++); }));
console.log((count / (Number(process.hrtime.bigint() - from) / 1e9)).toFixed(0));
agent.destroy();
