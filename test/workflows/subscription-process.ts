/** A hub's rounds of subscriptions as a process of its own, to be killed: `node <this> <url of the database> <seconds ahead>`. */
import { startSubscriptions } from '../../src/workflows/subscription-rounds.ts';
import { createTestHub } from '../support/hub.ts';
import { createMemoryMis, memoryConfig, openMemoryClinic } from '../support/memory-mis.ts';

const [url = '', ahead = '0'] = process.argv.slice(2);
const clock = () => Date.now() + Number(ahead) * 1000;
const mis = createMemoryMis();
const hub = await createTestHub(
  url,
  (numbers) => ['one', 'two'].map((key) => openMemoryClinic(key, numbers.get(key)!, mis, memoryConfig(key))),
  ['one', 'two'],
  clock,
);
startSubscriptions(hub.context.subscriptions);
