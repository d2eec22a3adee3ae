import { afterAll, expect, test } from 'vitest';
import { publish } from '../../src/fhir/publication.ts';
import { publicationsOf } from '../../src/fhir/publications.ts';
import { validate } from '../../src/r4/validate.ts';
import { ask } from '../support/hub.ts';
import { createTarget } from './target.ts';

const target = await createTarget();
afterAll(() => target.close());

const get = async (path: string, clinics = ['one']) =>
  ask(target.hub, 'GET', path, { token: await target.hub.token({ clinics }) });

test('what is published is valid, has an id and a URL of its own, and is found by everybody', async () => {
  const all = publicationsOf(target.hub.context);
  expect(all.length).toBeGreaterThan(2);
  expect(all.flatMap(({ resource }) => validate(resource))).toEqual([]);
  expect(new Set(all.map((p) => `${p.resource.resourceType} ${p.resource['url']}`)).size).toBe(all.length);
  expect(new Set(all.map((p) => p.resource.id)).size).toBe(all.length);
  for (const clinic of ['one', 'two']) {
    const found = await get('SearchParameter?code=end&base=Slot', [clinic]);
    expect(found.body['total']).toBe(1);
  }
});

test('a start without changes writes nothing; a change is a version, what is given up is retired', async () => {
  const { context } = target.hub;
  const all = publicationsOf(context);
  expect(await publish(context, all)).toBe(0);
  const [first, ...others] = all;
  const changed = { ...first!, resource: { ...first!.resource, title: 'changed', description: 'changed' } };
  expect(await publish(context, [changed, ...others])).toBe(1);
  const path = `${first!.resource.resourceType}/${first!.resource.id}`;
  expect((await get(path)).headers['etag']).toBe('W/"2"');
  expect(await publish(context, others)).toBe(1);
  expect((await get(path)).body['status']).toBe('retired');
  expect(await publish(context, others)).toBe(0);
  expect(await Promise.all([publish(context, all), publish(context, all)]).then((n) => n.sort())).toEqual([0, 1]);
  expect((await get(path)).headers['etag']).toBe('W/"4"');
});

test('nobody writes it', async () => {
  const { resource } = publicationsOf(target.hub.context)[0]!;
  for (const method of ['PUT', 'DELETE'] as const)
    expect((await ask(target.hub, method, `${resource.resourceType}/${resource.id}`, { body: resource })).status).toBe(
      405,
    );
});
