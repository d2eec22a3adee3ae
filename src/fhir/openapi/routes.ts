/** The OpenAPI document at /fhir/openapi.json and the page at /docs/ by which people read it. Neither needs a token. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Served } from '../call.ts';
import type { Program } from '../capability.ts';
import { encodingFor, pack } from '../compression.ts';
import { openApiDocument } from './document.ts';
import { page, start } from './page.ts';

interface File {
  readonly type: string;
  /** Made when it is first asked for, and kept. */
  readonly read: () => Promise<Kept>;
}

interface Kept {
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

/** Of Swagger UI the bundle alone is taken: everything comes from this hub and nothing from anywhere else. */
const assets = join(dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static');
const asset = (name: string, type: string): File => file(type, () => readFile(join(assets, name)));

const csp = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': csp,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export function addOpenApi(app: FastifyInstance, served: Served & { readonly program: Program }): void {
  const files: Readonly<Record<string, File>> = {
    '/fhir/openapi.json': file('application/json', () => JSON.stringify(openApiDocument(served, served.program))),
    '/docs/': file('text/html; charset=utf-8', () => page),
    '/docs/start.js': file('text/javascript; charset=utf-8', () => start),
    '/docs/swagger-ui.css': asset('swagger-ui.css', 'text/css; charset=utf-8'),
    '/docs/swagger-ui-bundle.js': asset('swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
    '/docs/favicon-32x32.png': asset('favicon-32x32.png', 'image/png'),
  };
  const config = { ownFormat: true };
  const method = ['GET', 'HEAD'];
  for (const [url, found] of Object.entries(files))
    app.route({ method, url, config, handler: (request, reply) => send(request, reply, found) });
  app.route({ method, url: '/docs', config, handler: (_request, reply) => reply.redirect('docs/') });
}

function file(type: string, make: () => string | Promise<Buffer>): File {
  let kept: Promise<Kept> | undefined;
  const read = async () => {
    const plain = Buffer.from(await make());
    return { plain, gzip: await pack(plain, 'gzip') };
  };
  return {
    type,
    read() {
      kept ??= read();
      return kept;
    },
  };
}

async function send(request: FastifyRequest, reply: FastifyReply, { type, read }: File): Promise<FastifyReply> {
  const { plain, gzip } = await read();
  const encoding = encodingFor(request.headers['accept-encoding'] as string | undefined, plain.length, ['gzip']);
  void reply.headers({ ...headers, 'content-type': type, 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
  if (encoding === undefined) return reply.send(plain);
  return reply.header('content-encoding', encoding).send(gzip);
}
