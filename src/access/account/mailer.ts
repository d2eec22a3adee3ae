/** Sends the letters that wait in the table `mail`: each at least once, tried again until it is of no use. */
import { createTransport } from 'nodemailer';
import type { AccountContext } from './account.ts';
import { deleteMail, type MailRow, pruneMail, takeMail } from './mail.sql.ts';
import { type Letter, unseal } from './mail.ts';

/** The section `mail` of the configuration. */
export interface MailSettings {
  /** `smtps://…`, `smtp://…:587` */
  readonly server: string;
  readonly login?: string | undefined;
  readonly password?: string | undefined;
  readonly from: string;
  /** Without TLS, for a server on this machine. */
  readonly allowPlain: boolean;
}

export interface Mailer {
  /** Sends what is due. @returns how many were sent */
  turn(): Promise<number>;
  stop(): Promise<void>;
}

/** Seconds between two looks. */
const interval = 2;
/** Seconds that one has for a letter: longer than the transport tries. */
const patience = 60;
const atOnce = 20;

/** @param looking false: only `turn` sends, for tests */
export function startMailer(context: AccountContext, settings: MailSettings, looking = true): Mailer {
  const transport = openTransport(settings);
  let turning: Promise<number> = Promise.resolve(0);
  const turn = () => {
    turning = turning.then(() => sendDue(context, settings, transport)).catch((err: unknown) => tell(context, err));
    return turning;
  };
  const timer = looking ? setInterval(turn, interval * 1000) : undefined;
  return {
    turn,
    async stop() {
      clearInterval(timer);
      await turning;
      transport.close();
    },
  };
}

type Transport = ReturnType<typeof openTransport>;

function openTransport({ server, login, password, allowPlain }: MailSettings) {
  const { protocol, hostname, port } = new URL(server);
  const secure = protocol === 'smtps:';
  return createTransport({
    host: hostname,
    port: Number(port || (secure ? 465 : 587)),
    secure,
    requireTLS: !secure && !allowPlain,
    ignoreTLS: !secure && allowPlain,
    ...(login !== undefined && { auth: { user: login, pass: password ?? '' } }),
    ...{ connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 },
    // A letter is text: nothing is read from a file or fetched from an address for it.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

async function sendDue(context: AccountContext, settings: MailSettings, transport: Transport): Promise<number> {
  const { pool, clock, log } = context;
  const late = await pruneMail(pool, new Date(clock()));
  if (late > 0) log.error({ letters: late }, 'letters could not be sent before they were of no use');
  const due = await takeMail(pool, new Date(clock()), patience, atOnce);
  const sent = await Promise.all(due.map((row) => send(context, settings, transport, row)));
  return sent.filter(Boolean).length;
}

async function send(
  { pool, mailKey, log }: AccountContext,
  { from }: MailSettings,
  transport: Transport,
  { id, sealed, attempt }: MailRow,
): Promise<boolean> {
  try {
    await transport.sendMail({ ...envelopeOf(unseal(mailKey, id, sealed)), from, messageId: `<${id}@medmost>` });
  } catch (error) {
    // Its text may hold the address.
    const { code, responseCode } = error as { code?: string; responseCode?: number };
    log.warn({ letter: id, attempt, code, responseCode }, 'a letter could not be sent');
    return false;
  }
  await deleteMail(pool, id);
  return true;
}

const envelopeOf = ({ to, subject, text }: Letter) => ({
  to: { name: '', address: to },
  subject,
  text,
  // RFC 3834: no holiday answers this.
  headers: { 'Auto-Submitted': 'auto-generated' },
});

function tell({ log }: AccountContext, err: unknown): number {
  log.warn({ err }, 'letters could not be looked for');
  return 0;
}
