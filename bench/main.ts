/** `npm run bench`: every number against the raw limit in the same run. docs/performance.md says how to read it. */
import { parseArgs } from 'node:util';
import { measureBooking } from './booking.ts';
import { startChild } from './child.ts';
import { startGround } from './database.ts';
import { print } from './report.ts';
import { fillDatabase, measureSearch } from './search.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    slots: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
  },
});
const slots = Number(values.slots);
const effort = { seconds: Number(values.seconds), rounds: Number(values.rounds), connections: 16 };
const wants = (name: string) => values.only === undefined || values.only.split(',').includes(name);

await using ground = await startGround();
await using generator = await startChild('load.ts');
const url = await fillDatabase(ground, 'bench', slots, wants('search'));
console.log(`${slots.toLocaleString('en')} slots`);
if (wants('search')) print(await measureSearch(ground, generator, url, slots, effort));
if (wants('booking')) print(await measureBooking(ground, generator, url, effort));
