/** The slip that a registry prints: access code, QR code, what to do with them. For patients, so in Russian. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pdfmake from 'pdfmake';
import type { Content, TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { toBuffer, toString as toText } from 'qrcode';
import { localOf } from '../../instant.ts';
import type { IssuedCode } from './issue.ts';

export interface SlipText extends IssuedCode {
  /** What patients read of the clinic. */
  readonly clinic: string;
  /** IANA zone of the clinic. */
  readonly zone: string;
  readonly patient: string;
  /** Where the code is typed: `hub.example.ru/account/attach`. */
  readonly page: string;
}

export interface QrCode {
  readonly png: Buffer;
  readonly svg: string;
}

/** Level M: a tenth of it may be creased. */
const correction = { errorCorrectionLevel: 'M', margin: 4 } as const;

export async function drawQr(link: string): Promise<QrCode> {
  const png = await toBuffer(link, { ...correction, type: 'png', scale: 8 });
  const svg = await toText(link, { ...correction, type: 'svg' });
  return { png, svg };
}

const roboto = join(dirname(createRequire(import.meta.url).resolve('pdfmake/package.json')), 'fonts', 'Roboto');
pdfmake.setFonts({
  Roboto: { normal: join(roboto, 'Roboto-Regular.ttf'), bold: join(roboto, 'Roboto-Medium.ttf') },
});
// Nothing in a slip is fetched, and nothing but its fonts is read.
pdfmake.setUrlAccessPolicy(() => false);
pdfmake.setLocalAccessPolicy((path) => path.startsWith(roboto));

/** A page of A5, whose half A4 is: printed on either. */
export async function printSlip(slip: SlipText, qr: QrCode): Promise<Buffer> {
  const document: TDocumentDefinitions = {
    pageSize: 'A5',
    pageMargins: [36, 32, 36, 32],
    info: { title: 'Код доступа', producer: 'medmost' },
    defaultStyle: { font: 'Roboto', fontSize: 10.5, lineHeight: 1.2 },
    content: contentOf(slip, qr),
  };
  return pdfmake.createPdf(document).getBuffer();
}

function contentOf({ clinic, zone, patient, code, ends, page }: SlipText, { svg }: QrCode): Content {
  return [
    { text: clinic, fontSize: 12 },
    { text: 'Код доступа пациента', fontSize: 18, bold: true, margin: [0, 6, 0, 2] },
    { text: patient, fontSize: 13 },
    { svg, width: 190, alignment: 'center', margin: [0, 6, 0, 6] },
    { text: code, fontSize: 22, bold: true, alignment: 'center', characterSpacing: 1 },
    { text: `Действует до ${dateOf(ends, zone)}, на один раз.`, alignment: 'center', margin: [0, 2, 0, 10] },
    {
      ol: [
        'Войдите в приложение или на сайт под своей учётной записью.',
        `Наведите камеру на квадрат выше — или откройте ${page} и введите код и СНИЛС.`,
        'Если прикрепляете другого человека, понадобятся ещё его фамилия, имя и отчество, как на этом листе.',
      ],
    },
    {
      text: 'Храните лист как документ: по нему открываются данные пациента. Если он потерян, попросите в регистратуре новый: прежний код перестанет действовать.',
      fontSize: 9,
      margin: [0, 8, 0, 0],
    },
  ];
}

function dateOf(at: Date, zone: string): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d\d:\d\d)/.exec(localOf(at.getTime(), zone))!;
  return `${day}.${month}.${year} ${time}`;
}
