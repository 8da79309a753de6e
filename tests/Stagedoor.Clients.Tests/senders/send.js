// Sends a trace of two spans by one of the senders, and prints its id: node send.js SENDER URL [KEY]. Its modules are looked for where NODE_PATH says.
const [sender, url, key] = process.argv.slice(2);
const headers = key ? { Authorization: `Bearer ${key}` } : {};

async function byOpenTelemetry(exporter) {
  const { trace, context, SpanKind, SpanStatusCode } = require('@opentelemetry/api');
  const { resourceFromAttributes } = require('@opentelemetry/resources');
  const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node');
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `node-${sender}`, 'service.version': '1.2.3' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('stagedoor-tests', '1');
  const root = tracer.startSpan('GET /cart/:id', {
    kind: SpanKind.SERVER,
    attributes: { 'http.request.method': 'GET', 'http.route': '/cart/:id', amount: 42, parts: ['a', 'b'] },
  });
  const child = tracer.startSpan('SELECT cart', { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } }, trace.setSpan(context.active(), root));
  child.recordException(new Error('no such cart'));
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no such cart' });
  child.end();
  root.end();
  await provider.forceFlush();
  await provider.shutdown();
  return root.spanContext().traceId;
}

function byZipkin() {
  const { Tracer, BatchRecorder, ExplicitContext, Annotation, jsonEncoder } = require('zipkin');
  const { HttpLogger } = require('zipkin-transport-http');
  return new Promise((resolve, reject) => {
    // Its own timers keep no process.
    const waiting = setInterval(() => {}, 100);
    const logger = new HttpLogger({ endpoint: `${url}/api/v2/spans`, jsonEncoder: jsonEncoder.JSON_V2, httpInterval: 50, headers, errorListenerSet: true });
    logger.on('error', reject);
    logger.on('success', () => { clearInterval(waiting); resolve(id.traceId); });
    const tracer = new Tracer({ ctxImpl: new ExplicitContext(), recorder: new BatchRecorder({ logger }), localServiceName: 'node-zipkin', traceId128Bit: true });
    const id = tracer.createRootId();
    const child = tracer.letId(id, () => tracer.createChildId());
    const record = (span, ...annotations) => tracer.letId(span, () => annotations.forEach(a => tracer.recordAnnotation(a)));
    record(id, new Annotation.ServerRecv(), new Annotation.Rpc('get /cart'));
    record(child, new Annotation.ClientSend(), new Annotation.Rpc('select cart'), new Annotation.BinaryAnnotation('error', 'no such cart'), new Annotation.ClientRecv());
    record(id, new Annotation.ServerSend());
  });
}

const senders = {
  'http-protobuf': () => byOpenTelemetry(new (require('@opentelemetry/exporter-trace-otlp-proto').OTLPTraceExporter)({ url: `${url}/v1/traces`, headers })),
  'http-json': () => byOpenTelemetry(new (require('@opentelemetry/exporter-trace-otlp-http').OTLPTraceExporter)({ url: `${url}/v1/traces`, headers })),
  'http-gzip': () => byOpenTelemetry(new (require('@opentelemetry/exporter-trace-otlp-proto').OTLPTraceExporter)({ url: `${url}/v1/traces`, headers, compression: 'gzip' })),
  grpc: () => {
    const { Metadata } = require('@grpc/grpc-js');
    const metadata = new Metadata();
    if (key) {
      metadata.set('authorization', `Bearer ${key}`);
    }

    return byOpenTelemetry(new (require('@opentelemetry/exporter-trace-otlp-grpc').OTLPTraceExporter)({ url, metadata }));
  },
  'otel-zipkin': () => byOpenTelemetry(new (require('@opentelemetry/exporter-zipkin').ZipkinExporter)({ url: `${url}/api/v2/spans`, headers })),
  zipkin: byZipkin,
};

senders[sender]().then(console.log, problem => { console.error(problem); process.exit(1); });
