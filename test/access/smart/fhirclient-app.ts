/** A third-party app as its developer would write it: two pages and fhirclient, on an origin of its own. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';

const library = readFileSync(fileURLToPath(import.meta.resolve('fhirclient/build/fhir-client.js')));

export interface FhirclientApp {
  readonly url: string;
  close(): Promise<void>;
}

/** `/` begins, for the hub in `?iss=`; `/app` is where people come back to; it reads the patient, refreshes, books the first free time, and shows what it has. */
export async function startApp(client: string, scope: string): Promise<FhirclientApp> {
  const page = (script: string) =>
    `<!doctype html><meta charset="utf-8"><title>app</title><p id="out">…</p><script src="/fhir-client.js"></script><script>${script}</script>`;
  const begin = `
    const iss = new URLSearchParams(location.search).get('iss');
    FHIR.oauth2.authorize({ iss, clientId: ${JSON.stringify(client)}, scope: ${JSON.stringify(scope)}, redirectUri: location.origin + '/app' });`;
  const come = `
    const show = (text) => { document.getElementById('out').textContent = text; };
    (async () => {
      if (location.search.includes('bye')) return show('bye');
      const client = await FHIR.oauth2.ready();
      const patient = await client.patient.read();
      const before = client.state.tokenResponse.access_token;
      await client.refresh();
      const again = await client.patient.read();
      window.idToken = client.state.tokenResponse.id_token;
      const slots = await client.request('Slot?status=free&_count=1');
      const booked = slots.entry && await client.request({
        url: 'Appointment',
        method: 'POST',
        headers: { 'content-type': 'application/fhir+json', 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify({
          resourceType: 'Appointment',
          status: 'proposed',
          slot: [{ reference: 'Slot/' + slots.entry[0].resource.id }],
          participant: [{ actor: { reference: 'Patient/' + patient.id }, status: 'accepted' }],
        }),
      });
      const fresh = before !== client.state.tokenResponse.access_token;
      show(JSON.stringify({ name: patient.name[0].family, id: again.id, fresh, user: client.user.fhirUser, booked: booked && booked.status }));
    })().catch((error) => show('failed: ' + error.message));`;
  const pages: Record<string, [string, string | Buffer]> = {
    '/': ['text/html', page(begin)],
    '/app': ['text/html', page(come)],
    '/fhir-client.js': ['text/javascript', library],
    '/favicon.ico': ['image/x-icon', ''],
  };
  const server: Server = createServer((request, response) => {
    const [type, body] = pages[new URL(request.url ?? '/', 'http://app').pathname] ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
