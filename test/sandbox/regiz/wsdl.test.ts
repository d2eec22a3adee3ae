/** A client that knows nothing but the WSDL of the pretend РЕГИЗ gets on with it. */
import { createClientAsync } from 'soap';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { childOf, readXml } from '../../../sandbox/regiz/xml.ts';
import { scale } from './client.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startRegizSandbox({ ...scale, days: 1 });
});
afterAll(() => sandbox.close());

const paths = [
  ['/Hub24/HubService.svc', 43],
  ['/hub25/HubService.svc/soap12', 46],
  ['/zpv/ws/appointment', 43],
  ['/queues/MqService.svc', 19],
  ['/EMK5/PixService.svc', 5],
  ['/EMK5/EMKService.svc', 5],
] as const;

test.each(paths)('%s describes %i operations', async (path, count) => {
  const wsdl = await (await fetch(`${sandbox.origin}${path}?wsdl`)).text();
  const port = childOf(readXml(wsdl), 'portType')!;
  expect(port.children.filter((child) => child.name === 'operation')).toHaveLength(count);
});

test.each(['/Hub24/HubService.svc', '/hub25/HubService.svc/soap12'])(
  '%s is called by the library soap',
  async (path) => {
    const forceSoap12Headers = path.endsWith('soap12');
    const client = await createClientAsync(`${sandbox.origin}${path}?wsdl`, { forceSoap12Headers });
    const ask = async (operation: string, args: object) =>
      ((await client[`${operation}Async`](args)) as [Record<string, unknown>])[0][`${operation}Result`];
    const guid = { guid: sandbox.guid };
    expect(await ask('GetDistrictList', guid)).toMatchObject({ Success: true, Districts: { District: { length: 3 } } });
    const pat = { Birthday: '1980-02-29T00:00:00', Name: 'Анна', Surname: 'Примерова' };
    expect(await ask('CheckPatient', { pat, idLpu: 44, ...guid })).toMatchObject({ IdPat: '00000000000000001116' });
    expect(await ask('CheckPatient', { pat, idLpu: 44 })).toMatchObject({
      Success: false,
      ErrorList: { Error: [{ IdError: 1 }] },
    });
  },
);
