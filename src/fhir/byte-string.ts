/**
 * UTF-8 as a string of one character a byte. A page of slots is joined of such strings and handed to the socket as latin1: one
 * copy, where a Buffer or a text of Cyrillic letters takes two or an encoding of 40 kB.
 */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';

export type ByteString = string;

export const bytesOf = (text: string): ByteString => Buffer.from(text).toString('latin1');

export const textOf = (bytes: ByteString): string => Buffer.from(bytes, 'latin1').toString();

/** Sends the answer past Fastify, which would take the string for text; headers and status given before are kept. */
export function sendBytes(reply: FastifyReply, bytes: ByteString): FastifyReply {
  const { raw, statusCode } = reply.hijack();
  raw.writeHead(statusCode, { ...reply.getHeaders(), 'content-length': bytes.length } as OutgoingHttpHeaders);
  raw.end(bytes, 'latin1');
  return reply;
}
