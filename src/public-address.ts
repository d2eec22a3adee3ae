/** Which addresses lie in the public internet: a request that a client brings about may go nowhere else (RELIABILITY §1.10). */
import { BlockList, isIP } from 'node:net';

/** https://www.iana.org/assignments/iana-ipv4-special-registry: every block that is not globally reachable, and multicast. */
const innerNets4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** Of IPv6 only 2000::/3 is global unicast; within it lie tunnels that end in any IPv4 address, and documentation. */
const globalNets6 = ['2000::/3'];
const innerNets6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '2620:4f:8000::/48'];

const inner4 = netsOf(innerNets4);
const global6 = netsOf(globalNets6);
const inner6 = netsOf(innerNets6);

/** @param address without brackets; an IPv6 address with a zone is none of the public ones */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !inner4.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && global6.check(address, 'ipv6') && !inner6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** @param nets `10.0.0.0/8`, `fd00::/8` or single addresses. @throws Error for one that is none */
export function netsOf(nets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address = '', bits] = net.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
