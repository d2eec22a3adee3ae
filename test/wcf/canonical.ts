/** XML as one text whatever its prefixes, white space between elements and order of attributes: what two writers must agree on. */
import { readXml, type XmlNode } from '../../src/connectors/xml.ts';

export const canonical = (xml: string): string => print(readXml(xml.trim()));

function print(node: XmlNode): string {
  const attributes = Object.entries(node.attributes)
    .filter(([name]) => !name.startsWith('xmlns'))
    .map(([name, value]) => `${name.replace(/^.*:/, '')}=${JSON.stringify(value.replace(/^.*:/, ''))}`)
    .sort();
  const inner = node.children.length > 0 ? node.children.map(print).join('') : node.text;
  return `<{${node.namespace}}${[node.name, ...attributes].join(' ')}>${inner}</>`;
}
