/** Runs a pretend ЕСИА as a process of its own: `node sandbox/esia/main.ts --help`. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Algorithm, keepPair, makePair } from './authority.ts';
import { openEsiaSandbox } from './server.ts';

const help = `node sandbox/esia/main.ts [options]    a pretend ЕСИА with invented people and misbehaviour on demand

  --port N           port on 127.0.0.1, 0 = any free one (0)
  --folder PATH      keeps keys and certificates (.data/esia): those of ЕСИА, to be pinned
                       esia-gost-current.pem, esia-gost-previous.pem, esia-rsa-current.pem, esia-rsa-previous.pem
                     and those of the information system
                       system.pem, system.key
  --mnemonic NAME    of the information system (MEDMOST)
  --origin ORIGIN    to which people may be sent back (http://127.0.0.1:8080); may be repeated
  --algorithm NAME   GOST3410_2012_256 or RS256, of its tokens (GOST3410_2012_256)
  --issuer ISS       iss of its tokens (http://esia.sandbox/)

Prints one line of JSON when it listens: {"portal","issuer","mnemonic","folder"}.`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    folder: { type: 'string', default: '.data/esia' },
    mnemonic: { type: 'string', default: 'MEDMOST' },
    origin: { type: 'string', multiple: true, default: ['http://127.0.0.1:8080'] },
    algorithm: { type: 'string', default: 'GOST3410_2012_256' },
    issuer: { type: 'string', default: 'http://esia.sandbox/' },
    help: { type: 'boolean' },
  },
});

const day = 86_400_000;

/** @throws RangeError for another name */
function algorithmOf(name: string): Algorithm {
  if (name === 'GOST3410_2012_256' || name === 'RS256') return name;
  throw new RangeError(`--algorithm takes GOST3410_2012_256 or RS256, not ${name}`);
}

async function run(): Promise<void> {
  const { folder, mnemonic, issuer, origin } = values;
  const now = Date.now();
  const algorithm = algorithmOf(values.algorithm);
  const system = keepPair(folder, 'system', 'GOST3410_2012_256', now, () =>
    makePair('GOST3410_2012_256', mnemonic, { notBefore: now - day, notAfter: now + 365 * day }),
  );
  const clients = [{ mnemonic, certificates: [system.certificate], origins: origin, algorithm }];
  const sandbox = await openEsiaSandbox({ port: Number(values.port), folder, issuer, clients });
  // Written before anybody signs in: whoever pins them reads the files at his start.
  for (const name of ['current', 'previous'] as const)
    for (const one of ['GOST3410_2012_256', 'RS256'] as const) sandbox.authority.pair(one, name);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
  console.log(JSON.stringify({ portal: sandbox.url, issuer, mnemonic, folder: join(folder) }));
}

if (values.help === true) console.log(help);
else await run();
