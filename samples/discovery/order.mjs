// The consumer: looks for stock every second and asks whoever it finds.
import http from 'node:http';
import os from 'node:os';
import { finder, keepAlive, register } from './registry.mjs';

const serviceId = await register('shop', 'order', '1.0.0');
await keepAlive(serviceId, { hostName: os.hostname() }, 5);
const find = finder(serviceId, 'shop', 'stock');
let last;

function say(text) {
  if (text !== last) console.log(`order: ${last = text}`);
}

function ask(endpoint) {
  return new Promise((resolve, reject) => http.get(endpoint.replace('rest:', 'http:'), { agent: false }, response => {
    let text = '';
    response.on('data', data => text += data).on('end', () => resolve(text));
  }).on('error', reject));
}

setInterval(async () => {
  try {
    const [instance] = await find();
    if (!instance) return say('stock has no instance');
    say(`stock at ${instance.endpoints[0]} says ${await ask(instance.endpoints[0]).catch(error => error.code)}`);
  } catch (error) {
    say(error.message);
  }
}, 1000);
