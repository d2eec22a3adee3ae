/** HubService: who may call, errors inside the answer, the chain of idHistory. protocols/regiz.md §1.3, §1.5. */
import { type Contract, readContract } from './contract.ts';
import { type DataObject, numberOf, textOf } from './data.ts';
import type { Style } from './data-writer.ts';
import type { HubGround } from './operations/handler.ts';
import { handlers, hubWrites, open } from './operations.ts';
import { Refusal, textOfError } from './refusal.ts';
import type { SoapVersion } from './soap.ts';
import type { Executed, SoapService } from './soap-service.ts';

export const hub24 = readContract('hub24');
export const hub25 = readContract('hub24', 'hub25');

export const wcfAction = 'http://tempuri.org/IHubService/';
export const onecAction = 'http://tempuri.org/#appointment:';

export interface HubOptions {
  readonly contract: Contract;
  readonly style: Style;
  readonly version: SoapVersion | 'any';
  /** guids of the clients that are let in. */
  readonly guids: ReadonlySet<string>;
}

export function createHubService(ground: HubGround, { contract, style, version, guids }: HubOptions): SoapService {
  const { state } = ground;
  const execute = async (operation: string, ask: DataObject): Promise<Executed> => {
    const idHistory = numberOf(ask, 'idHistory') ?? state.next('history', 123_456);
    try {
      const client = textOf(ask, 'guid').toLowerCase();
      if (!open.has(operation) && !guids.has(client)) throw new Refusal(1);
      const broken = state.settings().clinicErrors[textOf(ask, 'idLpu')];
      if (broken !== undefined) throw new Refusal(broken);
      const own = await handlers[operation]!(ground, ask, client);
      return { result: { ErrorList: null, IdHistory: idHistory, Success: true, ...own } };
    } catch (error) {
      const { code, message } = error instanceof Refusal ? error : new Refusal(99);
      return refused(idHistory, code, message);
    }
  };
  return {
    contract,
    style,
    version,
    action: style === '1c' ? onecAction : wcfAction,
    prefix: '',
    isWrite: (operation) => hubWrites.has(operation),
    execute,
    refuse: (_operation, code, text) => refused(state.next('history', 123_456), code, text ?? textOfError(code)),
  };
}

function refused(idHistory: number, code: number, text: string): Executed {
  const ErrorList = [{ ErrorDescription: text, IdError: code }];
  return { result: { ErrorList, IdHistory: idHistory, Success: false }, error: code };
}
