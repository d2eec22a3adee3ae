/** A zip archive with one deflated file, as 1С answers for Format=ZipXML and ZipJSON. APPNOTE.TXT 4.3. */
import { crc32, deflateRawSync } from 'node:zlib';

/** @returns the archive; the time inside is the epoch of the format, so equal contents give equal bytes */
export function zipOne(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const title = Buffer.from(name, 'utf8');
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(0x0800, 2);
  common.writeUInt16LE(8, 4);
  common.writeUInt16LE(0x21, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(title.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, title, packed]);
  const made = Buffer.from([20, 0]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), made, common, Buffer.alloc(14), title]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
